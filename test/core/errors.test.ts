import { describe, expect, test } from 'vitest';
import {
  CircuitOpenError,
  ClientClosedError,
  ConcurrencyLimitError,
  OptionsError,
  type Refusal,
  ResilienceError,
  TimeoutError,
} from '../../src/core/errors.ts';

const cause = new TypeError('fetch failed: https://user:secret@api.test/?token=secret');
const refusal: Refusal = { origin: 'https://api.test', attempts: 2, cause };

const refusals: [string, string, string, (given: Refusal) => ResilienceError][] = [
  [
    'TimeoutError',
    'ERR_RESILIENCE_TIMEOUT',
    'timeout.total: the call was not answered for 30000 ms (https://api.test, 2 attempts)',
    (given) => new TimeoutError('total', 30_000, given),
  ],
  [
    'TimeoutError',
    'ERR_RESILIENCE_TIMEOUT',
    'timeout.attempt: the attempt was not answered for 10000 ms (https://api.test, 2 attempts)',
    (given) => new TimeoutError('attempt', 10_000, given),
  ],
  [
    'TimeoutError',
    'ERR_RESILIENCE_TIMEOUT',
    'timeout.body: the body was silent for 100 ms (https://api.test, 2 attempts)',
    (given) => new TimeoutError('body', 100, given),
  ],
  [
    'CircuitOpenError',
    'ERR_RESILIENCE_CIRCUIT_OPEN',
    'The circuit of https://api.test is open; a probe is allowed in 5000 ms',
    (given) => new CircuitOpenError(5_000, given),
  ],
  [
    'CircuitOpenError',
    'ERR_RESILIENCE_CIRCUIT_OPEN',
    'The circuit of https://api.test was isolated by hand; it stays open until it is closed by hand',
    (given) => new CircuitOpenError(Number.POSITIVE_INFINITY, given),
  ],
  [
    'ConcurrencyLimitError',
    'ERR_RESILIENCE_CONCURRENCY_LIMIT',
    'concurrency: all 10 slots of https://api.test are taken and 50 calls wait',
    (given) => new ConcurrencyLimitError({ limit: 10, queued: 50 }, given),
  ],
  [
    'ConcurrencyLimitError',
    'ERR_RESILIENCE_CONCURRENCY_LIMIT',
    'concurrency: all 10 slots of https://api.test stayed taken for 30000 ms and 0 calls wait',
    (given) => new ConcurrencyLimitError({ limit: 10, queued: 0, waited: 29_999.8 }, given),
  ],
  [
    'ConcurrencyLimitError',
    'ERR_RESILIENCE_CONCURRENCY_LIMIT',
    'concurrency: the only slot of https://api.test is taken and 1 call waits',
    (given) => new ConcurrencyLimitError({ limit: 1, queued: 1 }, given),
  ],
  [
    'ClientClosedError',
    'ERR_RESILIENCE_CLIENT_CLOSED',
    'The client was closed; no request to https://api.test was sent',
    (given) => new ClientClosedError(given),
  ],
];

describe.each(refusals)('%s', (name, code, message, make) => {
  test(`says who refused and what to do, in 1 line: ${message}`, () => {
    expect(make(refusal).message).toBe(message);
  });

  test('has a name, a code, an origin, a number of attempts and a cause: 5 things', () => {
    const error = make(refusal);
    expect(error).toBeInstanceOf(ResilienceError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, origin: 'https://api.test', attempts: 2 });
    expect(error.cause).toBe(cause);
  });

  test('has no cause of its own where there were 0 failures', () => {
    const error = make({ origin: 'https://api.test', attempts: 0 });
    expect('cause' in error).toBe(false);
  });

  test('has a code that is none of the network’s, 1 that some SDKs retry on', () => {
    expect(make(refusal).code).toMatch(/^ERR_RESILIENCE_[A-Z_]+$/);
  });

  test('tells 0 secrets: its message knows the origin alone', () => {
    expect(make(refusal).message).not.toMatch(/secret|token|user|\?/);
  });
});

describe('a timeout', () => {
  test('says which of 3 it was, how long, and counts 1 attempt as one', () => {
    const error = new TimeoutError('attempt', 99.6, { origin: 'http://a.test', attempts: 1 });
    expect(error).toMatchObject({ timeout: 'attempt', milliseconds: 99.6 });
    expect(error.message).toBe(
      'timeout.attempt: the attempt was not answered for 100 ms (http://a.test, 1 attempt)',
    );
  });

  test('is named as the platform’s own is, 1 name', () => {
    const error = new TimeoutError('total', 1, { origin: 'http://a.test', attempts: 0 });
    expect(error.name).toBe(new DOMException('', 'TimeoutError').name);
    expect(error.message).toContain('0 attempts');
  });
});

test('an open circuit says in how many ms a probe is allowed, 1,234 here', () => {
  expect(new CircuitOpenError(1_234, refusal).retryAfter).toBe(1_234);
});

test('wrong options are a TypeError with 1 code', () => {
  const error = new OptionsError('retry.maxRetries: expected …');
  expect(error).toBeInstanceOf(TypeError);
  expect(error).not.toBeInstanceOf(ResilienceError);
  expect(error).toMatchObject({ name: 'OptionsError', code: 'ERR_RESILIENCE_OPTIONS' });
});

test('the stack of an error begins with its name, 1 of 2 that matter to a reader', () => {
  expect(String(new CircuitOpenError(1, refusal))).toMatch(/^CircuitOpenError: The circuit of/);
  expect(String(new TimeoutError('body', 1, refusal))).toMatch(/^TimeoutError: timeout\.body/);
});
