import fc from 'fast-check';
import type { ClientOptions } from 'resilient-fetch';
import { networkError } from './script.ts';
import { seeded } from './seeded.ts';

/** Where a call may go. */
export const places = ['https://a.test', 'https://b.test', 'https://c.test'];

/** One call: when it begins, with which method, and when its caller gives up, if he does. */
export interface Planned {
  readonly start: number;
  readonly method: string;
  readonly abortAfter: number | undefined;
}

/** One answer of a server, or none. */
export interface Answer {
  readonly what: number | string;
  readonly latency: number;
  readonly retryAfter: number | undefined;
}

/** A policy, calls under it, and servers that do as they like: what all that holds for a client is tried with. */
export interface Scenario {
  readonly places: number;
  readonly weighted: boolean;
  readonly maxRetries: number;
  readonly capacity: number;
  readonly deposit: number;
  readonly base: number;
  readonly total: number;
  readonly attempt: number;
  readonly circuit: 'off' | 'deaf' | 'quick';
  readonly throttled: boolean;
  readonly cooling: boolean;
  readonly hedge: number | false;
  readonly slots: number | false;
  readonly calls: readonly Planned[];
  readonly answers: readonly Answer[];
  readonly seed: number;
}

/** Not there more often than not. */
export const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 3 });

/** Any of them. */
export const scenarios: fc.Arbitrary<Scenario> = fc.record({
  places: fc.integer({ min: 1, max: 3 }),
  weighted: fc.boolean(),
  maxRetries: fc.nat({ max: 4 }),
  capacity: fc.integer({ min: 1, max: 3 }),
  deposit: fc.constantFrom(0, 0.5),
  base: fc.constantFrom(0, 20, 90),
  total: fc.constantFrom(60, 300, 900),
  attempt: fc.constantFrom(50, 250),
  circuit: fc.constantFrom('off', 'deaf', 'quick'),
  throttled: fc.boolean(),
  cooling: fc.boolean(),
  hedge: fc.constantFrom<number | false>(false, 5, 30),
  slots: fc.constantFrom<number | false>(false, 1, 3),
  calls: fc.array(
    fc.record({
      start: fc.nat({ max: 400 }),
      method: fc.constantFrom('GET', 'GET', 'PUT', 'POST'),
      abortAfter: rarely(fc.nat({ max: 500 })),
    }),
    { minLength: 1, maxLength: 16 },
  ),
  answers: fc.array(
    fc.record({
      what: fc.constantFrom<number | string>(
        ...[200, 200, 404, 429, 500, 503, 503],
        ...['ECONNREFUSED', 'ECONNRESET', 'hang'],
      ),
      latency: fc.constantFrom(0, 10, 10, 40, 300),
      retryAfter: rarely(fc.constantFrom(60, 400)),
    }),
    { minLength: 1, maxLength: 8 },
  ),
  seed: fc.nat(),
});

/** Answers after its latency, unless it is told to stop before. */
export function lineOf({ what, latency, retryAfter }: Answer) {
  const headers = { 'content-length': '0', 'retry-after-ms': String(retryAfter ?? '') };
  return (_: unknown, init: RequestInit | undefined) =>
    new Promise<Response>((resolve, reject) => {
      const end = () => {
        if (typeof what === 'number') resolve(new Response('', { status: what, headers }));
        else reject(networkError(what));
      };
      const timer = what === 'hang' ? undefined : setTimeout(end, latency);
      init?.signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(init.signal?.reason);
      });
    });
}

const circuits = {
  off: false,
  /** Counts, and never opens. */
  deaf: {
    failureRatio: 1,
    minimumThroughput: Number.MAX_SAFE_INTEGER,
    consecutiveFailures: Number.MAX_SAFE_INTEGER,
  },
  quick: { consecutiveFailures: 2, openFor: 100 },
} as const;

/** The options of a client in a scenario. */
export function optionsOf(given: Scenario): ClientOptions {
  const { maxRetries, base, capacity, deposit, total, attempt, circuit, cooling } = given;
  return {
    baseUrl: places.slice(0, given.places),
    ...(given.weighted ? { endpoints: 'weighted' as const } : undefined),
    timeout: { total, attempt: Math.min(total, attempt) },
    retry: {
      maxRetries,
      backoff: { base, cap: 1_000 },
      retryAfter: { scope: cooling ? 'origin' : 'call' },
    },
    retryBudget: { capacity, deposit, trickle: 0 },
    circuitBreaker: circuits[circuit],
    throttle: given.throttled,
    hedge: given.hedge,
    concurrency: given.slots && { max: given.slots, queue: 4 },
    random: seeded(given.seed),
  };
}
