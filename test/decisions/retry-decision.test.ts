import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StopReason } from '../../src/core/call-log.ts';
import {
  CircuitOpenError,
  ClientClosedError,
  CooldownError,
  ThrottledError,
} from '../../src/core/errors.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { type Endpoint, routeOf } from '../../src/core/route.ts';
import {
  type Bounds,
  hasGivenUp,
  idempotentMethods,
  infoOf,
  nextAttempt,
  reasonOfRefusal,
  reasonToStand,
  type Situation,
} from '../../src/decisions/retry-decision.ts';
import { contextOf, logOf, outgoing } from '../core/given.ts';
import { networkError } from '../support/script.ts';

const answered = (status: number): Outcome => ({ response: new Response(null, { status }) });
const failedWith = (code: string, details?: object): Outcome => ({
  error: networkError(code, details),
});

/** Every kind of outcome in the contract's table, by name. */
const outcomes = {
  200: answered(200),
  301: answered(301),
  400: answered(400),
  404: answered(404),
  408: answered(408),
  425: answered(425),
  429: answered(429),
  500: answered(500),
  501: answered(501),
  503: answered(503),
  505: answered(505),
  'never sent': failedWith('ECONNREFUSED'),
  'connect timeout': failedWith('ETIMEDOUT', { syscall: 'connect' }),
  ambiguous: failedWith('ECONNRESET'),
  certificate: failedWith('CERT_HAS_EXPIRED'),
  'invalid argument': failedWith('UND_ERR_INVALID_ARG'),
  abort: { error: new DOMException('stop', 'AbortError') },
  bug: { error: new TypeError('bug') },
} satisfies Record<string, Outcome>;
type Kind = keyof typeof outcomes;

/** By outcome: what becomes of a method that may be sent twice, and of one that may not. */
const table: Record<
  Kind,
  readonly [idempotent: StopReason | 'retry', other: StopReason | 'retry']
> = {
  200: ['final', 'final'],
  301: ['final', 'final'],
  400: ['final', 'final'],
  404: ['final', 'final'],
  408: ['retry', 'method'],
  425: ['retry', 'method'],
  429: ['retry', 'retry'],
  500: ['retry', 'method'],
  501: ['final', 'final'],
  503: ['retry', 'method'],
  505: ['final', 'final'],
  'never sent': ['retry', 'retry'],
  'connect timeout': ['retry', 'retry'],
  ambiguous: ['retry', 'method'],
  certificate: ['final', 'final'],
  'invalid argument': ['final', 'final'],
  abort: ['final', 'final'],
  bug: ['final', 'final'],
};
const kinds = Object.keys(outcomes) as Kind[];

function situation(changes: Partial<Situation>): Situation {
  return {
    outcome: outcomes[503],
    methodAllowed: true,
    hasIdempotencyKey: () => false,
    replayable: () => true,
    statuses: undefined,
    verdict: undefined,
    ...changes,
  };
}

describe('whether another attempt is worth making', () => {
  test('is a question of 7 methods by default', () => {
    expect(idempotentMethods).toEqual([
      ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'],
    ]);
  });

  test.each(Object.entries(table))(
    'after %s: 1 method that may be sent twice, %s',
    (kind, [idempotent, other]) => {
      const outcome = outcomes[kind as Kind];
      const of = (changes: Partial<Situation>) =>
        reasonToStand(situation({ outcome, ...changes })) ?? 'retry';
      expect(of({ methodAllowed: true })).toBe(idempotent);
      expect(of({ methodAllowed: false })).toBe(other);
      expect(of({ methodAllowed: false, hasIdempotencyKey: () => true })).toBe(idempotent);
    },
  );

  test('needs a body that can be sent 2 times, for each outcome that would be retried', () => {
    for (const kind of kinds) {
      const stand = reasonToStand(situation({ outcome: outcomes[kind], replayable: () => false }));
      expect([kind, stand]).toEqual([kind, table[kind][0] === 'retry' ? 'body' : 'final']);
    }
  });

  test('takes the caller’s 2 statuses in place of the default ones', () => {
    const statuses = [404, 501];
    const of = (kind: Kind) => reasonToStand(situation({ outcome: outcomes[kind], statuses }));
    expect(of(404)).toBeUndefined();
    expect(of(501)).toBeUndefined();
    expect(of(503)).toBe('final');
    expect(of(429)).toBe('final');
    expect(of('never sent')).toBeUndefined();
  });

  test('retries no status where the caller gave 0 of them', () => {
    expect(reasonToStand(situation({ statuses: [] }))).toBe('final');
  });

  test('is no longer a question when the caller’s verdict is false, 18 outcomes over', () => {
    for (const kind of kinds) {
      expect(reasonToStand(situation({ outcome: outcomes[kind], verdict: false }))).toBe('when');
    }
  });

  test('is answered by the caller’s true, 18 outcomes over, if the body can be sent again', () => {
    for (const kind of kinds) {
      const asked = situation({ outcome: outcomes[kind], methodAllowed: false, verdict: true });
      expect(reasonToStand(asked)).toBeUndefined();
      expect(reasonToStand({ ...asked, replayable: () => false })).toBe('body');
    }
  });

  test('asks 0 times for the key and the body where they do not matter', () => {
    const never = () => {
      throw new Error('asked');
    };
    const asking = { hasIdempotencyKey: never, replayable: never };
    expect(reasonToStand(situation({ outcome: outcomes[200], ...asking }))).toBe('final');
    expect(reasonToStand(situation({ outcome: outcomes.bug, ...asking }))).toBe('final');
    expect(reasonToStand(situation({ verdict: false, ...asking }))).toBe('when');
    expect(reasonToStand(situation({ hasIdempotencyKey: never }))).toBeUndefined();
  });
});

const forever = Number.POSITIVE_INFINITY;
const bounds: Bounds = {
  retries: 0,
  maxRetries: 3,
  backoff: 100,
  retryAfter: undefined,
  maxRetryAfter: 30_000,
  spreadRetryAfter: 0,
  elsewhere: false,
  timeLeft: 30_000,
  circuitRetryAfter: 0,
};

describe('whether a call has given up', () => {
  const afterAttempts = (stopped: StopReason | 'pending', attempts: number, substituted = false) =>
    hasGivenUp(
      logOf({
        stopped,
        attempts: Array.from({ length: attempts }, (_, index) => ({
          ...{ attempt: index + 1, at: 0, duration: 0, outcome: '503' },
        })),
        ...(substituted && { substituted }),
      }),
    );

  test('is so after 2 attempts, not after 1 or none, for 7 reasons', () => {
    for (const reason of [
      ...(['retries-exhausted', 'deadline', 'retry-after', 'timeout'] as const),
      ...(['circuit-open', 'throttled', 'cooldown'] as const),
    ]) {
      expect([0, 1, 2].map((attempts) => afterAttempts(reason, attempts))).toEqual([
        ...[false, false, true],
      ]);
    }
  });

  test('is so at once for 2 reasons, by which others have given up, or everybody', () => {
    for (const reason of ['do-not-retry', 'budget'] as const) {
      expect([0, 1, 2].map((attempts) => afterAttempts(reason, attempts))).toEqual([
        ...[true, true, true],
      ]);
    }
  });

  test('is not so after 2 attempts for any of 5 others, and while it is under way', () => {
    for (const reason of ['final', 'method', 'body', 'aborted', 'nested', 'pending'] as const) {
      expect(afterAttempts(reason, 2)).toBe(false);
    }
  });

  test('is not so where the caller got a substitute, for 1 of each', () => {
    expect(afterAttempts('budget', 2, true)).toBe(false);
    expect(afterAttempts('deadline', 2, true)).toBe(false);
  });
});

describe('the next attempt', () => {
  test.each<[string, Partial<Bounds>, ReturnType<typeof nextAttempt>]>([
    ['after a backoff of 100', {}, { delay: 100, source: 'backoff' }],
    ['never, for one who retries it himself', { nested: true }, { stop: 'nested' }],
    [
      'elsewhere at once, also for one who retries it himself',
      { nested: true, elsewhere: true },
      { delay: 0, source: 'failover' },
    ],
    [
      'after the backoff, with nothing asked and nothing allowed',
      { maxRetryAfter: -1 },
      {
        ...{ delay: 100, source: 'backoff' },
      },
    ],
    ['at once after a backoff of 0', { backoff: 0 }, { delay: 0, source: 'backoff' }],
    ['never after 3 of 3 retries', { retries: 3 }, { stop: 'retries-exhausted' }],
    ['never after 4 of 3 retries', { retries: 4 }, { stop: 'retries-exhausted' }],
    ['once more after 2 of 3 retries', { retries: 2 }, { delay: 100, source: 'backoff' }],
    ['never with 0 retries', { maxRetries: 0 }, { stop: 'retries-exhausted' }],
    [
      'after the 500 that the server asked for, spread to 520',
      { retryAfter: 500, spreadRetryAfter: 520 },
      { delay: 520, source: 'retry-after' },
    ],
    [
      'after the backoff where the server asked for only 50',
      { retryAfter: 50, spreadRetryAfter: 55 },
      { delay: 100, source: 'backoff' },
    ],
    [
      'after what the server asked for where it is the backoff, 100',
      { retryAfter: 100, spreadRetryAfter: 100 },
      { delay: 100, source: 'retry-after' },
    ],
    [
      'after the longest that the server may ask for, 30,000, spread beyond it',
      { retryAfter: 30_000, spreadRetryAfter: 33_000, timeLeft: 60_000 },
      { delay: 33_000, source: 'retry-after' },
    ],
    [
      'never where the server asked for 30,001',
      { retryAfter: 30_001, spreadRetryAfter: 30_001, timeLeft: 60_000 },
      { stop: 'retry-after' },
    ],
    [
      'never where the server asked for a wait without end, in 1 answer',
      { retryAfter: forever, spreadRetryAfter: forever, timeLeft: forever },
      { stop: 'retry-after' },
    ],
    [
      'never where what the server asked for passes the deadline in 1,000',
      { retryAfter: 2_000, spreadRetryAfter: 2_000, timeLeft: 1_000 },
      { stop: 'deadline' },
    ],
    ['never where the backoff passes the deadline in 99', { timeLeft: 99 }, { stop: 'deadline' }],
    [
      'never where the backoff ends at the deadline in 100',
      { timeLeft: 100 },
      { stop: 'deadline' },
    ],
    [
      'never where 99.5, which a timer makes 100, ends at the deadline in 100',
      { backoff: 99.5, timeLeft: 100 },
      { stop: 'deadline' },
    ],
    ['just before the deadline in 101', { timeLeft: 101 }, { delay: 100, source: 'backoff' }],
    ['never where the deadline passed 1 ago', { timeLeft: -1, backoff: 0 }, { stop: 'deadline' }],
    [
      'never where the circuit is open for 101',
      { circuitRetryAfter: 101 },
      { stop: 'circuit-open' },
    ],
    [
      'after 100 where the circuit admits a probe by then',
      { circuitRetryAfter: 100 },
      { delay: 100, source: 'backoff' },
    ],
    [
      'at once elsewhere, whatever this place asked for, to the last 1',
      { elsewhere: true, retryAfter: 31_000, circuitRetryAfter: 5_000, timeLeft: 1 },
      { delay: 0, source: 'failover' },
    ],
    [
      'never elsewhere after 3 of 3 retries',
      { elsewhere: true, retries: 3 },
      { stop: 'retries-exhausted' },
    ],
    [
      'never elsewhere where the deadline passes at 0',
      { elsewhere: true, timeLeft: 0, backoff: 0 },
      { stop: 'deadline' },
    ],
    [
      'after a backoff of 1 hour where there is no deadline',
      { backoff: 3_600_000, timeLeft: forever },
      { delay: 3_600_000, source: 'backoff' },
    ],
  ])('is made %s', (_, changes, expected) => {
    expect(nextAttempt({ ...bounds, ...changes })).toEqual(expected);
  });

  const length = fc.oneof(fc.nat({ max: 100 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
  const numbers: fc.Arbitrary<Bounds> = fc
    .record({
      retries: fc.nat({ max: 6 }),
      maxRetries: fc.nat({ max: 6 }),
      backoff: length,
      retryAfter: fc.option(
        length.filter((asked) => asked > 0),
        { nil: undefined },
      ),
      maxRetryAfter: length,
      spread: fc.double({ min: 1, max: 1.1, noNaN: true }),
      elsewhere: fc.constant(false),
      timeLeft: fc.oneof(length, fc.constantFrom(-1, 0, Number.POSITIVE_INFINITY)),
      circuitRetryAfter: fc.oneof(fc.constant(0), length),
    })
    .map(({ spread, ...rest }) => ({ ...rest, spreadRetryAfter: (rest.retryAfter ?? 0) * spread }));
  const every = (check: (given: Bounds, next: ReturnType<typeof nextAttempt>) => void) =>
    fc.assert(
      fc.property(numbers, (given) => check(given, nextAttempt(given))),
      { numRuns: 1_000 },
    );

  test('is never one more than maxRetries, for 1,000 sets of numbers', () => {
    every(({ retries, maxRetries }, { stop }) => {
      if (retries >= maxRetries) expect(stop).toBe('retries-exhausted');
      else expect(stop).not.toBe('retries-exhausted');
    });
  });

  test('never comes before the server said, for 1,000 sets of numbers', () => {
    every(({ retryAfter }, next) => {
      if (next.stop === undefined) expect(next.delay).toBeGreaterThanOrEqual(retryAfter ?? 0);
    });
  });

  test('never comes before the backoff is over, for 1,000 sets of numbers', () => {
    every(({ backoff }, next) => {
      if (next.stop === undefined) expect(next.delay).toBeGreaterThanOrEqual(backoff);
    });
  });

  test('never comes after the deadline, nor before the circuit, for 1,000 sets of numbers', () => {
    every(({ timeLeft, circuitRetryAfter }, next) => {
      if (next.stop !== undefined) return;
      expect(Math.ceil(next.delay)).toBeLessThan(timeLeft);
      expect(next.delay).toBeGreaterThanOrEqual(circuitRetryAfter);
    });
  });

  test('is given up for 1 of 4 reasons, and only where that reason holds', () => {
    every((given, { stop }) => {
      const wait = Math.max(given.backoff, given.spreadRetryAfter);
      const holds: Partial<Record<StopReason, boolean>> = {
        'retries-exhausted': given.retries >= given.maxRetries,
        'retry-after': (given.retryAfter ?? 0) > given.maxRetryAfter,
        deadline: Math.ceil(wait) >= given.timeLeft,
        'circuit-open': wait < given.circuitRetryAfter,
      };
      if (stop !== undefined) expect(holds[stop]).toBe(true);
      else expect(Object.values(holds)).toEqual([false, false, false, false]);
    });
  });

  test('comes from Retry-After only where there was 1', () => {
    every(({ retryAfter }, next) => {
      if (next.stop === undefined && retryAfter === undefined) expect(next.source).toBe('backoff');
    });
  });
});

const refusal = { origin: 'https://api.test', attempts: 1 };
test.each([
  ['circuit-open', new CircuitOpenError(1, refusal)],
  ['throttled', new ThrottledError(0.5, refusal)],
  ['cooldown', new CooldownError(1, refusal)],
  ['refused', new ClientClosedError(refusal)],
])('an outcome before a refusal stands for the reason %s, 1 of 4', (expected, error) => {
  expect(reasonOfRefusal(error)).toBe(expected);
});

test('an attempt is told of by its number and the origin that it went to, 1 of 2', () => {
  const request = outgoing({ method: 'PUT', body: 'order' });
  const context = contextOf({ attempt: 2 });
  const info = { origin: 'https://api.test', method: 'PUT', attempt: 2 };
  expect(infoOf(request, context)).toEqual(info);
  const state = { origin: 'https://b.test', inFlight: 0 };
  const place: Endpoint = { state, url: new URL('https://b.test/'), weight: 1 };
  const route = { ...routeOf([place], 'ordered'), latest: place };
  expect(infoOf(request, { ...context, route })).toEqual({ ...info, origin: 'https://b.test' });
});
