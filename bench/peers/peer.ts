/** One request, in words that every client can be told. */
export interface Call {
  readonly url: string;
  readonly method: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** A body that can be read once. */
  readonly chunks?: () => AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

/** Sends one request and reads its answer; rejects where the client does. */
export type Send = (call: Call) => Promise<{ readonly status: number }>;

/** Options in a client's own words. */
export type Own = Readonly<Record<string, unknown>>;

/** Options with which a client does something else, and how a reader is told of them. */
export interface Variant {
  readonly own: Own;
  readonly note: string;
}

/** A client, and how it is told what it has in its own words. See clients.mjs. */
export interface Peer {
  readonly name: string;
  readonly packages: readonly string[];
  /** How it is used, where that does not go without saying. */
  readonly about?: string;
  /** Whether it has a breaker as it is used here, or the option that gives it one. */
  readonly breaker?: 'default' | Variant;
  readonly heedsRetryAfter?: boolean;
  /** A constant wait before each retry. */
  readonly wait: (milliseconds: number) => Own;
  /** By the experiment for which they make a difference. */
  readonly variants?: Readonly<Record<string, Variant>>;
  readonly open: (own?: Own) => Send;
}
