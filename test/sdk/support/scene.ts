import { readFileSync } from 'node:fs';
import { type Arrived, type Fault, failingServer, type Service } from './failing-server.ts';
import { Pace } from './pace.ts';

/** Something that is done with an SDK over a fetch, its own retries switched off where it has any. */
export type Act = (
  fetch: typeof globalThis.fetch,
  origin: string,
  signal: AbortSignal,
) => Promise<unknown>;

/** A stream that an SDK gives, item by item. */
export type Stream = (
  fetch: typeof globalThis.fetch,
  origin: string,
  signal: AbortSignal,
) => AsyncIterable<unknown>;

/** How an SDK is used, and what is particular about it. */
export interface Scene {
  /** The package, whose version is said with it. */
  readonly sdk: string;
  /** What of it, where it is tried more than once. */
  readonly part?: string;
  readonly service: Service;
  /** A call by a method that may be repeated. */
  readonly read?: Act;
  /** A POST, or whatever else the SDK sends with a body. */
  readonly write?: Act;
  readonly stream?: Stream;
  /** Whether the SDK sends an Idempotency-Key by itself. */
  readonly keyed?: boolean;
  /** Whether it sends a `Request`, whose body can be sent once only. */
  readonly sendsRequest?: boolean;
  /** Whether the caller of the SDK can abort; where only its streams, that is said. */
  readonly abortable?: boolean | 'stream';
}

/** What came of something that was done. */
export interface Played {
  readonly value: unknown;
  /** What the SDK threw: its class, its words. */
  readonly error: unknown;
  readonly requests: readonly Arrived[];
  /** From the first request to the end, in milliseconds. */
  readonly took: number;
}

/** Does it once, before a server that has these faults in store. */
export async function play(
  { service }: Scene,
  act: Act,
  fetch: typeof globalThis.fetch,
  faults: readonly Fault[] = [],
  whenArrived?: (abort: AbortController) => void,
): Promise<Played> {
  await using server = await failingServer(faults, service, new Pace());
  const abort = new AbortController();
  const done = act(fetch, server.origin, abort.signal).then(
    (value) => ({ value, error: undefined }),
    (error: unknown) => ({ value: undefined, error: told(error, server.origin) }),
  );
  if (whenArrived) {
    while (server.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    whenArrived(abort);
  }
  const { value, error } = await done;
  if (whenArrived) await server.requests.at(-1)?.dropped;
  const took = performance.now() - (server.requests[0]?.at ?? Number.NaN);
  return { value, error, requests: server.requests, took };
}

/** What a caller tells one error from another by. */
function told(error: unknown, origin: string): unknown {
  if (!(error instanceof Error)) return error;
  const text = error.message.replaceAll(origin, 'ORIGIN').replaceAll(new URL(origin).host, 'HOST');
  const { name, code, status } = error as Error & { code?: unknown; status?: unknown };
  return { class: error.constructor.name, name, text, code, status };
}

/** What of a request must be the same over any fetch; keys and identifiers are drawn anew each time. */
export function shapeOf({ method, path, headers, hash }: Arrived) {
  return { method, path, hash, headers: Object.keys(headers).toSorted() };
}

/** The package with the version that was installed for this. */
export function named({ sdk, part }: Pick<Scene, 'sdk' | 'part'>): string {
  const { dependencies } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { dependencies: Record<string, string> };
  return [sdk, dependencies[sdk], part].filter(Boolean).join(' ');
}
