import type { CallOptions } from './options.ts';

/** Options for kinds of traffic that differ in who waits for them. Each says only what differs from the defaults. */
export const presets = {
  /**
   * Somebody waits for the page. An answer after 5 s is as good as none, so everything is short, the tail is cut by a
   * second copy, and a server that asks for a longer pause than 2 s gets its refusal shown.
   */
  interactive: {
    timeout: { total: 5_000, attempt: 2_000 },
    retry: { maxRetries: 2, backoff: { base: 100, cap: 1_000 }, retryAfter: { max: 2_000 } },
    hedge: true,
  },
  /**
   * Nobody waits: a nightly job, a crawler, a queue worker. It takes its time, tells all its workers when one of them was
   * asked to pause, and finds out by itself how much the server bears. The circuit's window holds the slowest failure.
   */
  batch: {
    timeout: { total: 300_000, attempt: 60_000 },
    retry: {
      maxRetries: 8,
      backoff: { base: 500, cap: 30_000 },
      retryAfter: { max: 120_000, scope: 'origin' },
    },
    circuitBreaker: { window: 60_000 },
    concurrency: 'adaptive',
  },
  /**
   * Long answers that are read as they come: events, exports, a language model's tokens. The first byte may take long
   * and the whole may take for ever, but silence ends it.
   */
  streaming: {
    timeout: { total: 120_000, attempt: 60_000, body: 60_000 },
    retry: { maxRetries: 2 },
    circuitBreaker: { window: 60_000 },
    hedge: false,
  },
  /**
   * A payment, a login: worth more requests than others. More retries from a larger budget, a second copy where the
   * first is slow, and a circuit that opens late and is probed by three.
   */
  critical: {
    timeout: { total: 60_000 },
    retry: { maxRetries: 6 },
    retryBudget: { capacity: 50, deposit: 0.5 },
    circuitBreaker: { failureRatio: 0.8, consecutiveFailures: 20, probes: 3 },
    hedge: true,
  },
} as const satisfies Record<NonNullable<CallOptions['preset']>, CallOptions>;
