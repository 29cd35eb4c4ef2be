/** How a client is asked for one thing, in its own idiom. Each rejects where the client does. */
export interface Calls {
  /** A GET whose answer is parsed. */
  json(url: string): Promise<unknown>;
  /** A GET whose answer is read as a whole; how long it is. */
  bytes(url: string): Promise<number>;
  /** A GET whose answer is read as it comes. */
  stream(url: string): Promise<AsyncIterable<Uint8Array>>;
  /** A POST of JSON whose answer is parsed. */
  post(url: string, value: unknown): Promise<unknown>;
}

export interface Client {
  readonly name: string;
  readonly packages: readonly string[];
  /** How it is set up, for whoever reads the results. */
  readonly about: string;
  /** What is on, as it is used here. */
  readonly policies: readonly ('retry' | 'timeout' | 'breaker')[];
  /** Whether it is one of the others, stripped of its policies. */
  readonly bare?: true;
  /** @param wait before each retry, in milliseconds, where it is to be the same for all. */
  open(wait?: number): Calls | Promise<Calls>;
}

/** What keeps state for each origin: something around a stub that gives the calls to it. */
export interface Keeper {
  readonly name: string;
  readonly about: string;
  open(send: typeof fetch): Promise<Keeping>;
}

/** Calls one of many origins; closed, it lets go of them all. */
export interface Keeping {
  (url: string): Promise<unknown>;
  close?(): unknown;
}

/** Those that are compared. Their packages are loaded where they are opened, in processes of their own. */
export async function loadClients(): Promise<readonly Client[]> {
  // computed, so that the types hold where the peers are not installed
  const path = '../peers/speed/all.mjs';
  return ((await import(path)) as { all: readonly Client[] }).all;
}

/** Those that keep a breaker for each origin. */
export async function loadKeepers(): Promise<readonly Keeper[]> {
  const path = '../peers/speed/keepers.mjs';
  return ((await import(path)) as { keepers: readonly Keeper[] }).keepers;
}
