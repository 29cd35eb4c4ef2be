import { expect, test } from 'vitest';
import { CircuitOpenError, TimeoutError } from '../../src/core/errors.ts';
import { type Certainty, certaintyOf } from '../../src/decisions/certainty.ts';

const coded = (code: string) => new TypeError('fetch failed', { cause: { code } });
const status = (value: number) => Object.assign(new Error('answered'), { status: value });
const named = (name: unknown) => Object.assign(new Error('no'), { name });
const refusal = (attempts: number) => ({ origin: 'https://a.example', attempts });

test.each<[Certainty, string, unknown]>([
  ['none', 'a refused connection', coded('ECONNREFUSED')],
  ['none', 'a bad certificate', coded('CERT_HAS_EXPIRED')],
  ['none', 'an open circuit', new CircuitOpenError(1_000, refusal(0))],
  ['uncertain', 'an open circuit after an attempt', new CircuitOpenError(1_000, refusal(1))],
  ['none', 'a key that is being worked on', status(409)],
  ['none', 'a caller that is not known', status(401)],
  ['none', 'a caller that is too fast', status(429)],
  ['refused', 'a card that is declined', status(402)],
  ['refused', 'an SDK’s 4xx', Object.assign(new Error('no'), { statusCode: 422 })],
  ['refused', 'a client’s 4xx', Object.assign(new Error('no'), { response: { status: 404 } })],
  ['refused', 'an error of the user’s own', new Error('no stock')],
  ['refused', 'no error at all', 'no stock'],
  ['uncertain', 'a reset', coded('ECONNRESET')],
  ['uncertain', 'a timeout of ours', new TimeoutError('attempt', 100, refusal(1))],
  ['uncertain', 'a timeout', new DOMException('late', 'TimeoutError')],
  ['uncertain', 'an abort', new DOMException('stopped', 'AbortError')],
  ['uncertain', 'a 503', status(503)],
  ['uncertain', 'a 501', status(501)],
  ['uncertain', 'a 408', status(408)],
  ['uncertain', 'a bug, which may stand behind the call', new TypeError('x is undefined')],
  ['none', 'what an SDK wraps', new Error('SDK', { cause: status(401) })],
  ['refused', 'a name like that of a bug', named('MyTypeError')],
  ['refused', 'a name that begins as one', named('TypeErrorOfMine')],
  ['refused', 'a name that is none', named(5)],
  ['uncertain', 'a 500', status(500)],
  [
    'uncertain',
    'a reset that an SDK tells with a 4xx',
    Object.assign(coded('EPIPE'), { status: 402 }),
  ],
  ['refused', 'a response that is none', Object.assign(new Error('no'), { response: null })],
  ['refused', 'a response that is a text', Object.assign(new Error('no'), { response: 'no' })],
])('an action ended with %s by %s, 1 of 28', (certainty, _, error) => {
  expect(certaintyOf(error)).toBe(certainty);
});
