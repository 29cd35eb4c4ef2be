import { type Client, type ClientOptions, createClient } from 'resilient-fetch';

/** Everything is as in life, a hundred times as fast. */
export const timeout = { total: 300, attempt: 60, body: 60 };

const policy = {
  timeout,
  retry: {
    backoff: { base: 2, cap: 20 },
    retryAfter: { max: 60, scope: 'origin' },
    resume: true,
  },
  circuitBreaker: { window: 200, minimumThroughput: 10, openFor: 20, maxOpenFor: 200 },
} satisfies ClientOptions;

const everyPart: ClientOptions = {
  ...policy,
  hedge: { delay: 15, maxExtraLoad: 0.2 },
  concurrency: { max: 12, queue: 30 },
  throttle: { window: 500 },
  propagation: true,
  idempotencyKey: true,
  headers: { authorization: 'of the service' },
};

/** A type and no interface, so that its values can be listed. */
export type Clients = {
  /** Every strategy, over 20 hosts. */
  readonly full: Client;
  /** As many origins as come, of which it remembers 1,000. */
  readonly crowd: Client;
  /** Three places that serve the same. */
  readonly places: Client;
  /** Under an SDK's eyes, and on a dashboard. */
  readonly watched: Client;
  /** Over the process's own connections. */
  readonly sockets: Client;
  /** Over connections of its own. */
  readonly pooled: Client;
};

/** @param fetch of the hosts within this process. */
export function openClients(fetch: typeof globalThis.fetch): Clients {
  const quiet = { telemetry: false };
  const baseUrl = ['http://one.places.test/', 'http://two.places.test/', 'http://six.places.test/'];
  return {
    full: createClient({ ...everyPart, ...quiet, fetch, name: 'full' }),
    crowd: createClient({ ...policy, ...quiet, fetch, name: 'crowd' }),
    places: createClient({ ...policy, ...quiet, fetch, name: 'places', baseUrl }),
    watched: createClient({
      ...everyPart,
      fetch,
      name: 'watched',
      concurrency: { adaptive: true, max: 40, hold: 'body' },
    }),
    sockets: createClient({ ...policy, ...quiet, name: 'sockets' }),
    pooled: createClient({ ...everyPart, ...quiet, name: 'pooled', pool: { connections: 16 } }),
  };
}

/** What a reconfiguration puts in the place of what was. */
export const changes: readonly ClientOptions[] = [
  { retry: { maxRetries: 5 } },
  { circuitBreaker: { ...policy.circuitBreaker, consecutiveFailures: 4 } },
  { circuitBreaker: false },
  { concurrency: 'adaptive' },
  { concurrency: { max: 4, queue: 10 } },
  { hedge: false, throttle: false },
  { retryBudget: { capacity: 3 } },
  { hosts: { '*.test': { retry: 1 }, 'h3.test': { circuitBreaker: false } } },
  { fallback: () => new Response('instead') },
  { ...everyPart, fallback: undefined, hosts: undefined, retryBudget: undefined },
];
