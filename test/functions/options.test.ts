import { describe, expect, it } from 'vitest';
import { OptionsError } from '../../src/core/errors.ts';
import { checkPolicy } from '../../src/functions/options.ts';

const milliseconds = `milliseconds from 1 to ${2 ** 31 - 1}`;

function faultIn(policy: unknown): string | undefined {
  try {
    checkPolicy(policy);
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    return (error as OptionsError).message;
  }
}

describe('a policy', () => {
  it.each([
    {},
    { name: 'payments', timeout: 5, retry: 3, circuitBreaker: true, retryBudget: false },
    { timeout: { total: false, attempt: 10 }, retry: { maxRetries: 0, backoff: () => 5 } },
    { timeout: false, retry: false, circuitBreaker: { openFor: 5 }, retryBudget: { capacity: 1 } },
    { recoverable: [TypeError, 'EBUSY', 14, () => true], permanent: [], terminal: [class {}] },
    { retry: { backoff: { type: 'constant', base: 5, jitter: 'none' } }, random: () => 0.5 },
  ])('may be %o, 1 of 6', (policy) => {
    expect(faultIn(policy)).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [{ name: 5 }, 'name: expected a string, got 5'],
    [{ timeout: '5' }, 'timeout: expected an object, milliseconds (the total), or false, got "5"'],
    [{ timeout: 0 }, `timeout: expected ${milliseconds}, got 0`],
    [{ timeout: { body: 5 } }, 'timeout.body: unknown option'],
    [
      { timeout: { total: 5, attempt: 6 } },
      'timeout.attempt: expected at most timeout.total (5), got 6',
    ],
    [{ retry: true }, 'retry: expected an object, a number of retries, or false, got true'],
    [{ retry: { maxRetries: '3' } }, 'retry.maxRetries: expected an integer ≥ 0, got "3"'],
    [{ retry: { methods: ['GET'] } }, 'retry.methods: unknown option'],
    [{ maxRetries: 3 }, 'maxRetries: unknown option; did you mean retry.maxRetries?'],
    [{ backof: {} }, 'backof: unknown option; did you mean retry.backoff?'],
    [{ hedge: true }, 'hedge: unknown option'],
    [{ circuitBreaker: 5 }, 'circuitBreaker: expected an object, or a boolean, got 5'],
    [
      { permanent: TypeError },
      'permanent: expected an array of error classes, codes and functions, got a function',
    ],
    [
      { terminal: [/revoked/] },
      'terminal.0: expected an error class, a code, or a function (error) => boolean, got an object',
    ],
    [{ random: 0.5 }, 'random: expected a function () => number from 0 to 1, got 0.5'],
    [5, 'options: expected an object, got 5'],
  ])('may not be %o, 1 of 16', (policy, expected) => {
    expect(faultIn(policy)).toBe(expected);
  });
});
