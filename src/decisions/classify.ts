import type { Answer } from '../core/answer.ts';
import type { Context } from '../core/context.ts';
import { isElsewhere } from '../core/elsewhere.ts';
import { TimeoutError } from '../core/errors.ts';
import { isNeverSent } from '../core/never-sent.ts';
import { causes, type Outcome } from '../core/outcome.ts';
import { isLeave, isUnprocessed } from './http2.ts';

/**
 * What a failure of the network says about the request:
 * - `never-sent`: no byte of it left, or the server said that it looked at none; any method may be tried again.
 * - `ambiguous`: the server may have acted on it; only an idempotent one may be tried again.
 * - `certificate`: the peer can't be trusted; trying again changes nothing, but the origin is at fault.
 * - `fatal`: everything else: a bad URL, a redirect loop, a bug in the caller's code.
 */
export type Failure = 'never-sent' | 'ambiguous' | 'certificate' | 'fatal';

/**
 * Tells what an error says: one of the network, or one that a function threw. Only of the latter a policy can say that it
 * is `terminal`: nothing will go well there any more.
 */
export type Classify = (error: unknown) => Failure | 'terminal';

const neverSent = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'ENETDOWN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'ERR_HTTP2_GOAWAY_SESSION',
]);

const ambiguous = new Set([
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_SOCKET',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  ...['ERR_HTTP2_STREAM_ERROR', 'ERR_HTTP2_STREAM_CANCEL', 'ERR_HTTP2_SESSION_ERROR'],
  ...['ERR_HTTP2_INVALID_SESSION', 'ERR_HTTP2_INVALID_STREAM'],
]);

const certificate =
  /^(CERT_|CRL_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|ERROR_IN_C)/;

/** What the platform's fetch, and those that imitate it, say when the network failed. */
const networkMessages = new Set(['fetch failed', 'Failed to fetch', 'Network error']);

/**
 * Classifies an error by the codes of its causes, from an allow-list: undici says `fetch failed` to everything from a
 * reset to a misspelt scheme, so what is not known to be worth another try is not.
 */
export function classifyError(error: unknown): Failure {
  const failure = classify(error, 4);
  return failure === 'ambiguous' && isNeverSent(error) ? 'never-sent' : failure;
}

/** @param depth how many more errors may stand within each other: one that holds errors can hold itself. */
function classify(error: unknown, depth: number): Failure {
  const chain = [...causes(error)];
  for (const link of chain) {
    const failure = Array.isArray((link as AggregateError).errors)
      ? worstOf((link as AggregateError).errors, depth - 1)
      : classifyLink(link);
    if (failure !== 'fatal') return failure;
  }
  return isCodelessNetworkError(chain) ? 'ambiguous' : 'fatal';
}

/** Every address of a host failed, each in its own way: one doubt is enough. */
function worstOf(errors: readonly unknown[], depth: number): Failure {
  if (depth === 0) return 'fatal';
  const failures = errors.map((error) => classify(error, depth));
  const order: readonly Failure[] = ['fatal', 'certificate', 'ambiguous', 'never-sent'];
  return order.find((failure) => failures.includes(failure)) ?? 'fatal';
}

function classifyLink(link: object): Failure {
  const { code, name, syscall } = link as Readonly<Record<string, unknown>>;
  if (name === 'TimeoutError' || name === 'HTTPParserError') return 'ambiguous';
  if (typeof code !== 'string') return 'fatal';
  if (neverSent.has(code) || (code === 'ETIMEDOUT' && syscall === 'connect')) return 'never-sent';
  if (isUnprocessed(link)) return 'never-sent';
  // undici's word for whatever has no other; where it stands around another error, that one says what happened
  if (code === 'UND_ERR_INFO') return (link as Error).cause ? 'fatal' : 'ambiguous';
  if (ambiguous.has(code) || code.startsWith('HPE_')) return 'ambiguous';
  return certificate.test(code) ? 'certificate' : 'fatal';
}

/**
 * A mocked network error has no code. msw's has the cause `TypeError('Network error')`, or an error Response where it
 * has replaced fetch; a hand-written double often has no cause at all. The platform's own errors always have a cause.
 */
function isCodelessNetworkError(chain: readonly object[]): boolean {
  const [error, cause] = chain as readonly Partial<Error & Response>[];
  if (error?.name !== 'TypeError' || !saysNetwork(error)) return false;
  return cause === undefined || saysNetwork(cause) || cause.type === 'error';
}

function saysNetwork({ message }: Partial<Error>): boolean {
  return message !== undefined && networkMessages.has(message);
}

/**
 * Whether a status says that another try may fare better: 429 and 5xx, except 501 and 505 (the server lacks a feature)
 * and with 408 and 425, which are defined as retryable (RFC 9110, section 15.5.9, and RFC 8470, section 5.2).
 */
export function isRetryableStatus(status: number): boolean {
  if (status === 408 || status === 425 || status === 429) return true;
  return status >= 500 && status <= 599 && status !== 501 && status !== 505;
}

/** Whether a server refused to take a request. An error of its own is an answer too: it took that one. */
export function isRejection(status: number): boolean {
  return status === 429 || status === 503;
}

/** What a circuit counts an attempt as: a `success`, a `failure`, one that opens it by itself, or not at all. */
export type Fault = 'success' | 'failure' | 'terminal' | 'ignored';

/** Whether an outcome is the origin's fault. */
export function faultOf(outcome: Outcome<Answer>, classify: Classify = classifyError): Fault {
  if (outcome.response) return outcome.response.status >= 500 ? 'failure' : 'success';
  const failure = classify(outcome.error);
  if (failure === 'terminal') return failure;
  if (failure === 'never-sent' && [...causes(outcome.error)].some(isLeave)) return 'ignored';
  return failure === 'fatal' ? 'ignored' : 'failure';
}

/**
 * The same of an attempt as it ended. One that was cancelled says nothing of the origin, nor does a copy that another one
 * overtook. One that the total deadline cut short does if it was the first, which had all the time there was; and one that
 * a redirect led here, and for which the time of its attempt ended here.
 * A deadline that came from outside says nothing: whoever sends a short one could open circuits for everybody.
 */
export function faultIn(
  outcome: Outcome<Answer>,
  { stop, attempt, hedge, log }: Context,
  classify?: Classify,
): Fault {
  // where an origin has redirected to another one, it has answered
  if (isElsewhere(outcome.response ?? outcome.error)) return 'success';
  if (outcome.response || !stop.aborted) return faultOf(outcome, classify);
  const { reason } = stop;
  const ranOut = reason instanceof TimeoutError && reason.timeout !== 'context';
  const hadAllTime = (attempt === 1 && hedge === 0) || (ranOut && reason.timeout === 'attempt');
  // the signal that a caller gave can be that of another call, and its reason the timeout of that one
  const isOwn = ranOut && reason.origin === log.origin;
  return isOwn && hadAllTime ? 'failure' : 'ignored';
}
