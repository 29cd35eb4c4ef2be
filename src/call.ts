import { type CallLog, record } from './core/call-log.ts';
import type { Context } from './core/context.ts';
import { isRefusal, OptionsError, TimeoutError } from './core/errors.ts';
import type { Outcome } from './core/outcome.ts';
import { headerOf, type Outgoing, withDefaultHeaders } from './core/outgoing.ts';
import type { OriginState } from './core/per-origin.ts';
import { Stop } from './core/stop.ts';
import { idempotentMethods } from './decisions/retry-decision.ts';
import type { Policy } from './policy.ts';

let calls = 0;

/** The request with what the client adds to it. */
export function dressed(request: Outgoing, headers: Headers | undefined, policy: Policy): Outgoing {
  const whole = headers ? withDefaultHeaders(request, headers) : request;
  const key = policy.idempotencyKey;
  if (!key || idempotentMethods.includes(whole.method)) return whole;
  if (headerOf(whole, 'idempotency-key') !== null) return whole;
  const value = key === true ? crypto.randomUUID() : typeof key === 'function' ? key() : key;
  if (typeof value !== 'string' || value === '') {
    throw new OptionsError('idempotencyKey: expected a string that is not empty');
  }
  return withDefaultHeaders(whole, { 'idempotency-key': value });
}

/** Opens the context of a call, the outermost and least strict one. */
export function openContext({ method, url, signal }: Outgoing, state: OriginState): Context {
  const id = (++calls).toString(36);
  const { origin } = state;
  const log: CallLog = {
    id,
    method,
    origin,
    path: url.pathname,
    attempts: [],
    stopped: 'pending',
    duration: 0,
  };
  return {
    id,
    origin,
    state,
    attempt: 1,
    stop: Stop.by(signal),
    deadline: Number.POSITIVE_INFINITY,
    log,
  };
}

/** Writes the end of a call into its log, and ties that to what the caller gets. */
export function conclude(
  log: CallLog,
  outcome: Outcome,
  { stop }: Context,
  duration: number,
): void {
  log.duration = duration;
  if (log.stopped === 'pending') {
    const { response, error } = outcome;
    if (response?.ok) log.stopped = 'final';
    else if (stop.aborted) log.stopped = 'aborted';
    else if (error instanceof TimeoutError && error.timeout === 'total') log.stopped = 'timeout';
    else log.stopped = isRefusal(error) ? 'refused' : 'retries-off';
  }
  record(outcome.response ?? outcome.error, log);
}
