import { expect, test } from 'vitest';
import {
  CircuitOpenError,
  ClientClosedError,
  ConcurrencyLimitError,
  CooldownError,
  createClient,
  retry,
  ThrottledError,
  TimeoutError,
  withContext,
} from '../../src/index.ts';
import { CallerGoneError, verdictOf } from '../../src/server.ts';
import { networkError, script } from '../support/script.ts';

const refusal = { origin: 'https://api.test', attempts: 0 };
const crowd = { limit: 1, queued: 0 };

test.each([
  [new CircuitOpenError(1_001, refusal), 503, 2],
  [new CircuitOpenError(0, refusal), 503, 1],
  [new CircuitOpenError(Number.POSITIVE_INFINITY, refusal), 503, 60],
  [new CooldownError(90_000, refusal), 503, 60],
  [new ClientClosedError(refusal), 503, 5],
  [new ConcurrencyLimitError(crowd, refusal), 429, 1],
  [new ThrottledError(0.5, refusal), 429, 1],
])('a refusal is a 503 or a 429 with Retry-After, 1 of 7: %s', (error, status, retryAfter) => {
  expect(verdictOf(error)).toEqual({ kind: 'refused', status, retryAfter });
});

test('a refusal for too much is a 503 where the method may not be sent twice, 2 of 2', () => {
  for (const error of [new ConcurrencyLimitError(crowd, refusal), new ThrottledError(1, refusal)]) {
    expect(verdictOf(error, 'POST').status).toBe(503);
    expect(verdictOf(error, 'PUT').status).toBe(429);
  }
});

test.each([
  new TimeoutError('attempt', 100, refusal),
  new DOMException('too slow', 'TimeoutError'),
])('a timeout is a 504, 1 of 2: %s', (error) => {
  expect(verdictOf(error)).toEqual({ kind: 'timeout', status: 504 });
});

test('what the network said is a 502, and the same error without a call a bug: 500', async () => {
  const error = networkError('ECONNRESET');
  expect(verdictOf(error)).toEqual({ kind: 'bug', status: 500 });
  const client = createClient({ fetch: script(error), retry: false });
  await client('https://api.test/').catch(() => {});
  expect(verdictOf(error)).toEqual({ kind: 'upstream', status: 502 });
});

test('an error that a retried function threw is a bug, unless it is of the network: 500 and 502', async () => {
  const own = new Error('23505');
  const lost = networkError('ECONNRESET');
  for (const error of [own, lost]) {
    const fail = () => Promise.reject(error);
    await expect(retry(fail, { retry: false })).rejects.toBe(error);
  }
  expect(verdictOf(own)).toEqual({ kind: 'bug', status: 500 });
  expect(verdictOf(lost)).toEqual({ kind: 'upstream', status: 502 });
});

test.each([undefined, null, 'text', 5, new Error('x'), new DOMException('x', 'AbortError')])(
  'what nobody foresaw is a bug, 1 of 6: %s',
  (error) => {
    expect(verdictOf(error)).toEqual({ kind: 'bug', status: 500 });
  },
);

test('the end of the context is told by its reason, 3 ways, also by an AbortError of others', () => {
  const gone = new CallerGoneError();
  const over = new Error('over');
  const late = new DOMException('late', 'TimeoutError');
  const others = new DOMException('others', 'AbortError');
  for (const [reason, verdict] of [
    [gone, { kind: 'gone', status: 499 }],
    [over, { kind: 'ended', status: 503, retryAfter: 5 }],
    [late, { kind: 'timeout', status: 504 }],
  ] as const) {
    const signal = AbortSignal.abort(reason);
    expect(withContext({ signal }, () => [reason, others].map((one) => verdictOf(one)))).toEqual([
      verdict,
      verdict,
    ]);
  }
});
