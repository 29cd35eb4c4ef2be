import { describe, expect, test } from 'vitest';
import { lastFailure, stoppedBy } from '../../src/core/ending.ts';
import { superseded, TimeoutError } from '../../src/core/errors.ts';
import { Stop } from '../../src/core/stop.ts';
import { logOf } from './given.ts';

describe('the last failure', () => {
  const error = new Error('reset');

  test('is none after 0 attempts, or where the only one is under way', () => {
    expect(lastFailure(logOf())).toBeUndefined();
    const attempts = [{ attempt: 1, at: 0, outcome: 'pending', duration: 0 }];
    expect(lastFailure(logOf({ attempts }))).toBeUndefined();
  });

  test('is the error itself of the last of 2 attempts that ended', () => {
    const attempts = [
      { attempt: 1, at: 0, outcome: '503', duration: 1 },
      { attempt: 2, at: 1, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 3, at: 2, outcome: 'pending', duration: 0 },
    ];
    expect(lastFailure(logOf({ attempts }))).toBe(error);
  });

  test('is not the end of a copy that was superseded, the 2nd of 2', () => {
    const attempts = [
      { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 1, at: 0, hedge: true, outcome: 'superseded', duration: 1, error: superseded },
    ] as const;
    expect(lastFailure(logOf({ attempts: [...attempts] }))).toBe(error);
  });

  test('is an error that names the status where it was an answer, of 503', () => {
    const attempts = [
      { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 1, error },
      { attempt: 2, at: 1, outcome: '503', duration: 1 },
    ];
    expect(lastFailure(logOf({ attempts }))).toEqual(new Error('Attempt 2 was answered 503'));
  });
});

test.each([
  ['timeout', new TimeoutError('total', 1_000, { origin: 'https://api.test', attempts: 1 })],
  ['aborted', new Error('enough')],
  ['aborted', AbortSignal.abort().reason],
  ['aborted', undefined],
])('a stop means %s, 1 of 4', (expected, reason) => {
  const stop = Stop.never.child();
  stop.abort(reason);
  expect(stoppedBy(stop)).toBe(expected);
});
