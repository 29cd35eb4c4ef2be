import { describe, expect, test } from 'vitest';
import type { AttemptLog } from '../../src/core/call-log.ts';
import { TimeoutError } from '../../src/core/errors.ts';
import { measuredBy } from '../../src/decisions/limit-sample.ts';
import { logOf } from '../core/given.ts';

function attempt(outcome: string, duration: number, error?: unknown): AttemptLog {
  return { attempt: 1, at: 0, outcome, duration, error };
}

const timeout = (kind: 'attempt' | 'total' | 'context') =>
  new TimeoutError(kind, 100, { origin: 'https://api.test', attempts: 1 });
const ended = (error: unknown) => attempt('ERR_TEST', 7, error);

describe('what a call measures', () => {
  test.each(['200', '204', '304', '400', '404'])('is its duration, 40 ms, for a %s', (status) => {
    const measured = measuredBy(logOf({ attempts: [attempt(status, 40)] }));
    expect(measured).toEqual({ duration: 40, dropped: false });
  });

  test.each([
    ['429', attempt('429', 5)],
    ['503', attempt('503', 5)],
    ['attempt timeout', attempt('ERR_RESILIENCE_TIMEOUT', 5, timeout('attempt'))],
    ['total timeout', attempt('ERR_RESILIENCE_TIMEOUT', 5, timeout('total'))],
  ])('is that it was dropped after 5 ms, for a %s, also where a retry was answered', (_, entry) => {
    const measured = (...attempts: AttemptLog[]) => measuredBy(logOf({ attempts }));
    const dropped = (duration: number) => ({ duration, dropped: true });
    expect(measured(entry)).toEqual(dropped(5));
    expect(measured({ ...entry, delay: 100 }, attempt('200', 40))).toEqual(dropped(145));
    expect(measured({ ...attempt('500', 9), delay: 1 }, entry)).toEqual(dropped(15));
    const beside = { ...attempt('503', 4), hedge: true as const, delay: 100 };
    expect(measured(entry, beside, attempt('200', 40))).toEqual(dropped(145));
  });

  test.each([
    ['that was refused before an attempt', []],
    ['of 2 attempts', [ended(new TypeError('fetch failed')), attempt('200', 40)]],
    ['of 2 copies, one of them not waited for', [attempt('200', 40), attempt('pending', 0)]],
    ['whose deadline came from outside', [ended(timeout('context'))]],
    ['that failed', [ended(new TypeError('fetch failed'))]],
    ['that the caller aborted', [ended(new DOMException('gone', 'AbortError'))]],
    ['that ran out of the caller’s own time', [ended(new DOMException('late', 'TimeoutError'))]],
    ['that was answered 500', [attempt('500', 1)]],
    ['that is under way', [attempt('pending', 0)]],
  ])('is nothing for a call %s', (_, attempts) => {
    expect(measuredBy(logOf({ attempts }))).toBeUndefined();
  });
});
