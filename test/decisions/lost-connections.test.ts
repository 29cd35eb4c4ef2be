import { describe, expect, test } from 'vitest';
import { noteUsedConnection } from '../../src/core/used-connection.ts';
import { isExcused } from '../../src/decisions/lost-connections.ts';
import { networkError } from '../support/script.ts';

const state = () => ({ origin: 'https://api.example.com', inFlight: 0 });
const closed = (bytesRead: number) =>
  Object.assign(new Error('other side closed'), {
    code: 'UND_ERR_SOCKET',
    socket: { bytesRead, bytesWritten: 100 },
  });
const failed = (cause: unknown) => new TypeError('fetch failed', { cause });

describe('a failure with the loss of a connection', () => {
  test('that had carried 40 bytes of an answer is excused', () => {
    expect(isExcused(failed(closed(40)), state(), 0)).toBe(true);
    expect(isExcused(closed(40), state(), 0)).toBe(true);
  });

  test.each<[string, unknown]>([
    ['that had carried 0 bytes', failed(closed(0))],
    ['of which nothing is told, as with 1 reset', networkError('ECONNRESET')],
    ['which is told of with 0 words of the socket', networkError('UND_ERR_SOCKET')],
    ['whose socket is gone, 1 null', failed(Object.assign(closed(0), { socket: null }))],
    ['that is 1 string', 'other side closed'],
    ['that is nothing, 0 times', undefined],
  ])('%s is not excused', (_, error) => {
    expect(isExcused(error, state(), 0)).toBe(false);
  });

  test('that was noted by who had opened it, 1 reset, is excused', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    noteUsedConnection(reset);
    expect(isExcused(failed(reset), state(), 0)).toBe(true);
  });

  test('is excused for 5 s from the first one on, not for the 55 s thereafter, and then again', () => {
    const origin = state();
    const instants = [0, 1_000, 4_999, 5_000, 59_999, 60_000, 64_999, 65_000];
    const excused = instants.map((now) => isExcused(failed(closed(40)), origin, now));
    expect(excused).toEqual([true, true, true, false, false, true, true, false]);
  });

  test('begins no such time where it is not one: 1 reset 5 s before', () => {
    const origin = state();
    expect(isExcused(networkError('ECONNRESET'), origin, 0)).toBe(false);
    expect(isExcused(failed(closed(40)), origin, 5_000)).toBe(true);
  });

  test('of 1 origin leaves another one its own 5 s', () => {
    const [one, other] = [state(), state()];
    expect(isExcused(failed(closed(40)), one, 0)).toBe(true);
    expect(isExcused(failed(closed(40)), other, 5_000)).toBe(true);
    expect(isExcused(failed(closed(40)), one, 5_000)).toBe(false);
  });
});
