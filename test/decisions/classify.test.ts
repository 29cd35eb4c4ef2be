import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CircuitOpenError, TimeoutError } from '../../src/core/errors.ts';
import { Stop } from '../../src/core/stop.ts';
import {
  classifyError,
  type Failure,
  type Fault,
  faultIn,
  faultOf,
  isRetryableStatus,
} from '../../src/decisions/classify.ts';
import { contextOf } from '../core/given.ts';
import { networkError } from '../support/script.ts';

const coded = (code: string, details: object = {}) =>
  Object.assign(new Error(code), { code }, details);
const failed = (cause: unknown) => new TypeError('fetch failed', { cause });
const aggregate = (errors: unknown[], details: object = {}) =>
  failed(Object.assign(new AggregateError(errors), details));

const neverSent = [
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH'],
  ...['EHOSTDOWN', 'UND_ERR_CONNECT_TIMEOUT', 'ERR_HTTP2_GOAWAY_SESSION'],
];
const ambiguous = [
  ...['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT', 'UND_ERR_HEADERS_TIMEOUT'],
  ...['UND_ERR_BODY_TIMEOUT', 'HPE_INVALID_CONSTANT', 'HPE_INVALID_CHUNK_SIZE', 'UND_ERR_INFO'],
  ...['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'ERR_HTTP2_STREAM_ERROR', 'ERR_HTTP2_STREAM_CANCEL'],
  ...['ERR_HTTP2_SESSION_ERROR', 'ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_INVALID_STREAM'],
];
/** The codes of Node's own list: https://nodejs.org/api/tls.html#x509-certificate-error-codes. */
const certificate = [
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_CRL', 'UNABLE_TO_DECRYPT_CERT_SIGNATURE'],
  ...['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY'],
  ...['CERT_SIGNATURE_FAILURE', 'CRL_SIGNATURE_FAILURE', 'CERT_NOT_YET_VALID'],
  ...['CERT_HAS_EXPIRED', 'CRL_NOT_YET_VALID', 'CRL_HAS_EXPIRED'],
  ...['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'ERROR_IN_CERT_NOT_AFTER_FIELD'],
  ...['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'ERROR_IN_CRL_NEXT_UPDATE_FIELD'],
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
  ...['CERT_CHAIN_TOO_LONG', 'CERT_REVOKED', 'INVALID_CA', 'PATH_LENGTH_EXCEEDED'],
  ...['INVALID_PURPOSE', 'CERT_UNTRUSTED', 'CERT_REJECTED', 'HOSTNAME_MISMATCH'],
  ...['ERR_TLS_CERT_ALTNAME_INVALID', 'ERR_SSL_WRONG_VERSION_NUMBER'],
];
const fatal = [
  ...['UND_ERR_INVALID_ARG', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED', 'UND_ERR_ABORTED'],
  ...['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'UND_ERR_HEADERS_OVERFLOW', 'UND_ERR_NOT_SUPPORTED'],
  ...['UND_ERR_RES_EXCEEDED_MAX_SIZE', 'UND_ERR_MAX_ORIGINS_REACHED', 'ERR_INVALID_URL', 'EACCES'],
  ...['ERR_HTTP2_INVALID_CONNECTION_HEADERS', 'ERR_HTTP2_HEADER_SINGLE_VALUE'],
  ...['ERR_INVALID_ARG_TYPE', 'Z_DATA_ERROR', 'ECONNRESET_', 'XECONNRESET', 'econnreset', ''],
];

describe('an error of the network', () => {
  test.each(neverSent)('of code %s says that 0 bytes left', (code) => {
    expect(classifyError(networkError(code))).toBe('never-sent');
    expect(classifyError(coded(code))).toBe('never-sent');
  });

  test.each(ambiguous)('of code %s leaves 1 doubt: the server may have acted', (code) => {
    expect(classifyError(networkError(code))).toBe('ambiguous');
  });

  test.each(certificate)('of code %s says that the peer can’t be trusted: 0 retries', (code) => {
    expect(classifyError(networkError(code))).toBe('certificate');
  });

  test.each(fatal)('of code %j is worth 0 retries', (code) => {
    expect(classifyError(networkError(code))).toBe('fatal');
  });

  test('ETIMEDOUT in 1 connect says that it was never sent', () => {
    expect(classifyError(networkError('ETIMEDOUT', { syscall: 'connect' }))).toBe('never-sent');
    expect(classifyError(networkError('ETIMEDOUT', { syscall: 'read' }))).toBe('ambiguous');
  });

  test('of an HTTP/2 stream that was refused (7) says that it was never sent; of one reset (2) it does not', () => {
    const reset = (http2ErrorCode: number) =>
      classifyError(networkError('ERR_HTTP2_STREAM_ERROR', { http2ErrorCode }));
    expect(reset(7)).toBe('never-sent');
    expect(reset(2)).toBe('ambiguous');
  });

  test('of undici’s UND_ERR_INFO is never sent after 1 GOAWAY, and else what it stands around', () => {
    const informed = (message: string, cause?: Error) =>
      classifyError(failed(coded('UND_ERR_INFO', { message, cause })));
    expect(informed('HTTP/2: "GOAWAY" frame received with code 0')).toBe('never-sent');
    expect(informed('HTTP/2: stream half-closed (remote)')).toBe('ambiguous');
    expect(informed('outer', coded('ERR_HTTP2_INVALID_CONNECTION_HEADERS'))).toBe('fatal');
    expect(informed('outer', coded('ERR_HTTP2_INVALID_SESSION'))).toBe('ambiguous');
  });

  test('of an HTTP parser that gives 0 codes is ambiguous', () => {
    const error = Object.assign(new Error('Response does not match'), { name: 'HTTPParserError' });
    expect(classifyError(failed(error))).toBe('ambiguous');
  });

  test('a timeout of 1 attempt is ambiguous, ours and the platform’s alike', () => {
    const refusal = { origin: 'http://a.test', attempts: 1 };
    expect(classifyError(new TimeoutError('attempt', 10, refusal))).toBe('ambiguous');
    expect(classifyError(new DOMException('late', 'TimeoutError'))).toBe('ambiguous');
  });

  test('takes the first of 3 causes that says something', () => {
    const deep = failed(new Error('outer', { cause: coded('ECONNREFUSED') }));
    expect(classifyError(deep)).toBe('never-sent');
    expect(classifyError(failed(coded('EPIPE', { cause: coded('ECONNREFUSED') })))).toBe(
      'ambiguous',
    );
  });
});

describe('an AggregateError', () => {
  test('of 2 refused addresses was never sent', () => {
    const errors = [coded('ECONNREFUSED'), coded('ECONNREFUSED')];
    expect(classifyError(aggregate(errors, { code: 'ECONNREFUSED' }))).toBe('never-sent');
  });

  test('of 2 addresses that timed out in connect was never sent', () => {
    const errors = [
      coded('ETIMEDOUT', { syscall: 'connect' }),
      coded('ENETUNREACH', { syscall: 'connect' }),
    ];
    expect(classifyError(aggregate(errors, { code: 'ETIMEDOUT' }))).toBe('never-sent');
  });

  test('of 1 refused address and 1 reset is ambiguous, whatever its own code says', () => {
    const errors = [coded('ECONNREFUSED'), coded('ECONNRESET')];
    expect(classifyError(aggregate(errors, { code: 'ECONNREFUSED' }))).toBe('ambiguous');
  });

  test('of 1 never-sent error and 1 unknown one is worth no retry', () => {
    expect(classifyError(aggregate([coded('ECONNREFUSED'), new Error('bug')]))).toBe('fatal');
  });

  test('of 0 errors says nothing', () => {
    expect(classifyError(aggregate([]))).toBe('fatal');
  });

  test('inside 1 other AggregateError is looked into', () => {
    const inner = new AggregateError([coded('ECONNREFUSED'), coded('EPIPE')]);
    expect(classifyError(aggregate([coded('ECONNREFUSED'), inner]))).toBe('ambiguous');
  });

  test('is as bad as the worst of 1 to 6 errors', () => {
    const order: readonly Failure[] = ['fatal', 'certificate', 'ambiguous', 'never-sent'];
    const samples: Record<Failure, string> = {
      fatal: 'UND_ERR_INVALID_ARG',
      certificate: 'CERT_HAS_EXPIRED',
      ambiguous: 'ECONNRESET',
      'never-sent': 'ECONNREFUSED',
    };
    const mixtures = fc.array(fc.constantFrom(...order), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(mixtures, (failures) => {
        const errors = failures.map((failure) => coded(samples[failure]));
        const worst = order.find((failure) => failures.includes(failure));
        expect(classifyError(aggregate(errors))).toBe(worst);
      }),
    );
  });
});

describe('an error that has 0 codes', () => {
  test.each([
    ['msw on the wire', failed(new TypeError('Network error'))],
    ['msw in the place of fetch', failed(Response.error())],
    ['a double without a cause', new TypeError('fetch failed')],
    ['a browser’s words', new TypeError('Failed to fetch')],
    ['a double’s words', new TypeError('Network error')],
  ])('is a mocked network error, and so ambiguous: %s', (_, error) => {
    expect(classifyError(error)).toBe('ambiguous');
  });

  test.each([
    ...['bad port', 'unknown scheme', 'redirect count exceeded', 'unexpected redirect'],
    ...['invalid method', 'cors failure', 'local URLs only', 'invalid path', 'no-cors', '0'],
  ])('and the cause %j is worth 0 retries', (message) => {
    expect(classifyError(failed(new Error(message)))).toBe('fatal');
    expect(classifyError(failed(new TypeError(message)))).toBe('fatal');
  });

  test.each([
    ['a bad port, 1', 'http://127.0.0.1:1/'],
    ['an unknown scheme', 'gopher://a.test/1'],
    ['a bad URL', 'http://1.2.3.4.5:x/'],
  ])('as the platform’s fetch gives for %s is worth 0 retries', async (_, url) => {
    const error = await fetch(url).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(TypeError);
    expect(classifyError(error)).toBe('fatal');
  });

  test.each([
    ['a bug of the caller’s', new TypeError("Cannot read properties of undefined (reading '0')")],
    ['a disturbed body', new TypeError('Response body object should not be disturbed or locked')],
    ['an error with a known message that is no TypeError', new Error('fetch failed')],
    ['a cause that is an answer of 200', failed(new Response())],
    ['an abort', new DOMException('This operation was aborted', 'AbortError')],
    ['a stream of the caller’s that failed', failed(new Error('disk full'))],
    ['a refusal of ours', new CircuitOpenError(1, { origin: 'http://a.test', attempts: 0 })],
  ])('is worth 0 retries: %s', (_, error) => {
    expect(classifyError(error)).toBe('fatal');
  });
});

describe('whatever was thrown', () => {
  test.each([undefined, null, 0, '', 'stop', 'ECONNRESET', true, 1n, Symbol('0'), () => 0, [], {}])(
    'a reason that is no error is worth 0 retries: %s',
    (reason) => {
      expect(classifyError(reason)).toBe('fatal');
    },
  );

  test('a ring of 1 cause comes to an end', () => {
    const error: Error & { cause?: unknown } = new Error('ring');
    error.cause = error;
    expect(classifyError(error)).toBe('fatal');
  });

  test('a ring of 3 causes comes to an end', () => {
    const [one, two, three] = [new Error('1'), new Error('2'), new Error('3')];
    Object.assign(one, { cause: two });
    Object.assign(two, { cause: three });
    Object.assign(three, { cause: one });
    expect(classifyError(one)).toBe('fatal');
  });

  test('an AggregateError that holds itself, 1 level down, comes to an end', () => {
    const error = new AggregateError([coded('ECONNREFUSED')]);
    error.errors.push(error);
    expect(() => classifyError(error)).not.toThrow();
  });

  test('never throws for 1,000 values of every shape', () => {
    const known = fc.constantFrom(...neverSent, ...ambiguous, ...certificate, ...fatal);
    const { error } = fc.letrec((tie) => ({
      error: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.anything(),
        fc.record(
          {
            code: fc.oneof(known, fc.anything()),
            name: fc.oneof(fc.constantFrom('TimeoutError', 'HTTPParserError'), fc.anything()),
            syscall: fc.anything(),
            cause: tie('error'),
            errors: fc.oneof(fc.array(tie('error'), { maxLength: 3 }), fc.anything()),
          },
          { requiredKeys: [] },
        ),
        tie('error').map((cause) => new TypeError('fetch failed', { cause })),
      ),
    }));
    const failures: Failure[] = ['fatal', 'certificate', 'ambiguous', 'never-sent'];
    fc.assert(
      fc.property(error, (value) => {
        expect(failures).toContain(classifyError(value));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a status', () => {
  test('is retried for 429, 408, 425 and 5xx but 501 and 505, and no other of 500', () => {
    const all = Array.from({ length: 500 }, (_, index) => 100 + index);
    const retried = all.filter(isRetryableStatus);
    const fives = all.filter((status) => status >= 500 && status !== 501 && status !== 505);
    expect(retried).toEqual([408, 425, 429, ...fives]);
    expect(retried).toHaveLength(101);
  });

  test.each([0, -1, 99, 600, 999, Number.NaN, 603.5])('of %d is never retried', (status) => {
    expect(isRetryableStatus(status)).toBe(false);
  });
});

describe('the fault of an outcome', () => {
  test('is the origin’s for each 5xx and for no other of 400 statuses', () => {
    const statuses = Array.from({ length: 400 }, (_, index) => 200 + index);
    for (const status of statuses) {
      const response = new Response(null, { status });
      expect([status, faultOf({ response })]).toEqual([
        status,
        status >= 500 ? 'failure' : 'success',
      ]);
    }
  });

  test.each([...neverSent, ...ambiguous, 'CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT'])(
    'is the origin’s for %s, 1 failure',
    (code) => {
      expect(faultOf({ error: networkError(code) })).toBe('failure');
    },
  );

  test.each([
    ['UND_ERR_INVALID_ARG', networkError('UND_ERR_INVALID_ARG')],
    ['a bug', new TypeError('bug')],
    ['an abort', new DOMException('stop', 'AbortError')],
    ['a string', 'stop'],
    ['a GOAWAY', failed(coded('UND_ERR_INFO', { message: 'HTTP/2: "GOAWAY" frame received' }))],
    ['nothing', undefined],
  ])('is 0 samples for what is not the origin’s: %s', (_, error) => {
    expect(faultOf({ error })).toBe('ignored');
  });

  test('is the origin’s for a timeout of 1 attempt', () => {
    const error = new TimeoutError('attempt', 10, { origin: 'http://a.test', attempts: 1 });
    expect(faultOf({ error })).toBe('failure');
  });
});

describe('the fault in an attempt as it ended', () => {
  const refusal = { origin: 'https://api.test', attempts: 1 };
  const total = new TimeoutError('total', 10, refusal);
  const reset = networkError('ECONNRESET');

  /** The context of an attempt whose call was stopped for a reason, if for any. */
  const contextOfAttempt = (attempt: number, reason?: unknown) => {
    const stop = Stop.never.child();
    if (reason !== undefined) stop.abort(reason);
    return contextOf({ attempt, stop });
  };

  test.each<[string, number, unknown, unknown, Fault]>([
    ['a reset', 2, undefined, reset, 'failure'],
    ['the total of 10 ms in the 1st attempt', 1, total, total, 'failure'],
    ['the total of 10 ms in the 2nd', 2, total, total, 'ignored'],
    ['an abort', 1, 'stop', 'stop', 'ignored'],
    ['a reset that came with an abort', 1, 'stop', reset, 'ignored'],
  ])('is told for %s', (_, attempt, reason, error, expected) => {
    expect(faultIn({ error }, contextOfAttempt(attempt, reason))).toBe(expected);
  });

  test('is that of its answer where there is 1, also after an abort', () => {
    for (const [status, expected] of [
      [503, 'failure'],
      [200, 'success'],
    ] as const) {
      const response = new Response(null, { status });
      expect(faultIn({ response }, contextOfAttempt(1, 'stop'))).toBe(expected);
    }
  });
});
