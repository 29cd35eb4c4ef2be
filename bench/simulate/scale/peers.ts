import { defaults } from '../../../src/policy.ts';
import { atATime, awsSdk, finagle, grpcThrottle } from './budgets.ts';
import type { Policy } from './client.ts';
import { type PeerRule, peer } from './peer.ts';
import { andUpTo, envoy, giveOrTake, like, polly } from './waits.ts';

const plain = { jitter: 'none' } as const;
const asAsked = (retryAfter: number) => retryAfter;
const never = Number.POSITIVE_INFINITY;

/** A circuit breaker that opens for one length, on a ratio and on nothing else. */
const byRatio = { ...defaults.circuitBreaker, consecutiveFailures: never };

/** What each does by default about a GET, once it has been switched on, with the place that says so. */
const rules: readonly PeerRule[] = [
  {
    name: 'no retries',
    version: 'fetch itself',
    source: 'the Fetch standard',
    retries: 0,
    retriesTimeouts: false,
  },
  {
    name: 'ky',
    version: '2.1.0',
    source: 'readme, `retry` and `timeout`',
    retries: 2,
    wait: like({ ...plain, base: 300 }),
    retriesTimeouts: false,
    asked: asAsked,
  },
  {
    name: 'got',
    version: '16.1.0',
    source: 'documentation/7-retry.md',
    retries: 2,
    wait: andUpTo(100, like({ ...plain, base: 1_000 })),
    retriesTimeouts: true,
    asked: asAsked,
  },
  {
    name: 'axios-retry',
    version: '4.5.0',
    source: 'README, `retries`, `retryDelay` and `retryCondition`',
    retries: 3,
    retriesTimeouts: false,
    asked: asAsked,
  },
  {
    name: 'p-retry',
    version: '9.0.0',
    source: 'readme, `options`; a status is taken for an error',
    retries: 10,
    wait: like({ ...plain, base: 1_000 }),
    retriesTimeouts: true,
  },
  {
    name: 'undici',
    version: '8.12.4, RetryAgent',
    source: 'docs/docs/api/RetryHandler.md',
    retries: 5,
    wait: like({ ...plain, base: 500, cap: 30_000 }),
    retriesTimeouts: false,
    asked: (retryAfter) => Math.min(retryAfter, 30_000),
  },
  {
    name: 'cockatiel',
    version: '4.0.0',
    source: 'readme, its first example: maxAttempts 3, ExponentialBackoff',
    retries: 3,
    wait: polly(128, 30_000),
    retriesTimeouts: true,
  },
  {
    name: 'AWS SDK',
    version: 'v3, 2026-08',
    source: 'smithy-typescript, StandardRetryStrategy.ts',
    retries: 2,
    wait: like({ jitter: 'full', base: 100, cap: 20_000 }),
    retriesTimeouts: true,
    asked: (retryAfter, backoff) => Math.max(backoff, Math.min(retryAfter, backoff + 5_000)),
    budget: awsSdk,
  },
  {
    name: 'Polly',
    version: '8, .NET standard handler',
    source: 'HttpStandardResilienceOptions',
    retries: 3,
    wait: polly(2_000, never),
    retriesTimeouts: true,
    asked: asAsked,
    breaker: {
      ...byRatio,
      failureRatio: 0.1,
      minimumThroughput: 100,
      window: 30_000,
      maxOpenFor: 5_000,
    },
  },
  {
    name: 'resilience4j',
    version: '2',
    source: 'Retry and CircuitBreaker, `ofDefaults`; its 100 calls as those of 200 s',
    retries: 2,
    wait: like({ type: 'constant', base: 500, jitter: 'none' }),
    retriesTimeouts: true,
    breaker: {
      ...byRatio,
      minimumThroughput: 100,
      window: 200_000,
      openFor: 60_000,
      probes: 10,
      successThreshold: 5,
    },
  },
  {
    name: 'gRPC',
    version: 'proposal A6',
    source: 'its example, with retryThrottling 10 and 0.1; Retry-After as its pushback',
    retries: 3,
    wait: giveOrTake(0.2, like({ ...plain, base: 100, cap: 1_000 })),
    retriesTimeouts: false,
    asked: asAsked,
    budget: () => grpcThrottle(10, 0.1),
  },
  {
    name: 'Envoy',
    version: 'v3 API',
    source: 'router_filter.rst, retry_on 5xx; 3 retries at a time in each process',
    retries: 1,
    wait: envoy,
    retriesTimeouts: false,
    budget: () => atATime(3),
  },
  {
    name: 'Finagle',
    version: 'RetryBudget.scala',
    source: 'requeues at once, 20 % of the calls and 10/s, 20 a call at the most',
    retries: 20,
    retriesTimeouts: false,
    budget: () => finagle(0.2, 10),
  },
];

/** The peers, and first what comes of doing nothing. */
export const peers: readonly Policy[] = rules.map(peer);
