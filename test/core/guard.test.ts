import { beforeEach, describe, expect, test, vi } from 'vitest';
import { guarded, guardedUntil, warn } from '../../src/core/guard.ts';
import { Stop } from '../../src/core/stop.ts';

const warnings = vi.fn();
beforeEach(() => {
  warnings.mockReset();
  vi.spyOn(process, 'emitWarning').mockImplementation(warnings);
});

describe('a function of the user’s', () => {
  test('is heard: its 7 is the answer', () => {
    expect(guarded('function', () => 7)).toBe(7);
    expect(warnings).toHaveBeenCalledTimes(0);
  });

  test('that throws said nothing, and gives 1 warning that names it', () => {
    const answer = guarded('function retry.backoff', () => {
      throw new RangeError('too far');
    });
    expect(answer).toBeUndefined();
    expect(warnings.mock.calls).toEqual([
      ['The function retry.backoff failed: too far', { code: 'RESILIENT_FETCH_HOOK' }],
    ]);
  });
});

test('a function of the user’s that rejects later gives a warning and 0 unhandled rejections', async () => {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  guarded('function retry.backoff', async () => {
    throw new RangeError('late');
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', unhandled);
  expect(unhandled).toHaveBeenCalledTimes(0);
  expect(warnings).toHaveBeenCalledTimes(1);
});

test.each([
  ['undefined', undefined],
  ['object', null],
  ['object', { password: 'secret' }],
  ['string', 'secret'],
])('a warning says only %s of what is no error, 1 of 4', (kind, thrown) => {
  warn('hook', thrown);
  expect(warnings.mock.calls[0]?.[0]).toBe(`The hook failed: ${kind}`);
});

test('a warning is given of an error that fails once more where it is read, 1 of 1', () => {
  class Trap extends Error {
    override get message(): string {
      throw new Error('a trap');
    }
  }
  expect(() => warn('hook', new Trap())).not.toThrow();
  expect(warnings.mock.calls[0]?.[0]).toBe('The hook failed: with an error that can’t be read');
});

describe('a function of the user’s that may take its time', () => {
  const name = 'function retry.when';

  test('is heard, now or later: its 7 is the answer', async () => {
    expect(await guardedUntil(name, () => 7, Stop.never)).toBe(7);
    expect(await guardedUntil(name, async () => 7, Stop.never)).toBe(7);
    expect(warnings).toHaveBeenCalledTimes(0);
  });

  test.each<[string, () => Promise<never>]>([
    [
      'throws',
      () => {
        throw new RangeError('too far');
      },
    ],
    ['rejects', () => Promise.reject(new RangeError('too far'))],
  ])('that %s said nothing, and gives 1 warning', async (_, ask) => {
    expect(await guardedUntil(name, ask, Stop.never)).toBeUndefined();
    expect(warnings.mock.calls.map(([text]) => text)).toEqual([`The ${name} failed: too far`]);
  });

  test('is not waited for by a stop; what it says too late, 7, is let go of, with 0 warnings', async () => {
    const stop = Stop.never.child();
    const { promise, resolve } = Promise.withResolvers<number>();
    const late: number[] = [];
    const said = guardedUntil(
      name,
      () => promise,
      stop,
      (answer) => late.push(answer),
    );
    stop.abort(new Error('enough'));
    expect(await said).toBeUndefined();
    resolve(7);
    await promise;
    expect(late).toEqual([7]);
    expect(warnings).toHaveBeenCalledTimes(0);
  });
});
