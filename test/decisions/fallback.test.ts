import { describe, expect, test } from 'vitest';
import type { StopReason } from '../../src/core/call-log.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { isCuredBySubstitute, isFailure, isResponse } from '../../src/decisions/fallback.ts';

const answered = (status: number): Outcome => ({ response: new Response(null, { status }) });
const failed: Outcome = { error: new TypeError('fetch failed') };

/** Whether a substitute that was given stands in, and whether a function is asked. */
const both = (outcome: Outcome, stopped: StopReason) => [
  isCuredBySubstitute(outcome, stopped),
  isFailure(outcome, stopped),
];

describe('what is a failure', () => {
  test.each([200, 204, 206, 301, 304, 399])('%d is none', (status) => {
    expect(both(answered(status), 'final')).toEqual([false, false]);
  });

  test.each([400, 401, 403, 404, 409, 410, 418, 451, 499, 501, 505])(
    '%d is one for a function to judge',
    (status) => {
      expect(both(answered(status), 'final')).toEqual([false, true]);
    },
  );

  test.each([408, 425, 429, 500, 502, 503, 504, 507, 599])('%d is one', (status) => {
    expect(both(answered(status), 'final')).toEqual([true, true]);
    expect(both(answered(status), 'retries-off')).toEqual([true, true]);
  });

  test.each<StopReason>(['final', 'retries-off', 'refused', 'timeout', 'method', 'when'])(
    'an error is one, stopped by %s',
    (stopped) => {
      expect(both(failed, stopped)).toEqual([true, true]);
    },
  );

  test.each<StopReason>([
    ...(['retries-exhausted', 'method', 'body', 'deadline', 'retry-after'] as const),
    ...(['circuit-open', 'budget', 'throttled', 'cooldown'] as const),
  ])('a 200, a 304 and a 404 are, where they would have been retried but for %s', (stopped) => {
    for (const status of [200, 304, 404]) {
      expect(both(answered(status), stopped)).toEqual([true, true]);
    }
  });

  test.each<StopReason>(['final', 'retries-off', 'when', 'refused', 'aborted', 'timeout'])(
    'a 404 is none for a substitute that was given, stopped by %s',
    (stopped) => {
      expect(both(answered(404), stopped)).toEqual([false, true]);
    },
  );
});

describe('a Response', () => {
  test('is told from 9 other things', () => {
    const others = [undefined, null, 0, '', 'x', {}, [], () => new Response(), Response];
    expect(others.filter(isResponse)).toEqual([]);
    expect(isResponse(new Response())).toBe(true);
    expect(isResponse(Response.error())).toBe(true);
  });
});
