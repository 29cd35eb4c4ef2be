/** What a body goes on in. */
export interface Rest {
  readonly body: ReadableStream<Uint8Array>;
  /** The byte of the whole at which this part is over, as its server says: whoever sends more can't be trusted. */
  readonly until?: number | undefined;
  /** Bytes of the whole, where that is known: a rest that ends before is not all of it. */
  readonly end: number | undefined;
}

/** Whoever knows how a body goes on. */
export interface Continuation {
  /**
   * The rest of a body that broke off, from `offset` on, or `undefined` if nothing was missing but the end. What it throws
   * is what the reader sees.
   */
  goOn(error: unknown, offset: number): Promise<Rest | undefined>;
  /** Nobody waits for it any more. */
  cancel(): void;
  /** The same for a branch of the body, which is read, and breaks off, by itself. */
  fork(): Continuation;
}
