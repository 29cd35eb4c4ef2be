import type { Ambient } from './core/ambient.ts';
import type { Answer } from './core/answer.ts';
import { withoutErrors } from './core/call-log.ts';
import { Chronicle } from './core/chronicle.ts';
import type { Context } from './core/context.ts';
import { endReason } from './core/ending.ts';
import { isRefusal, OptionsError } from './core/errors.ts';
import { record } from './core/explain.ts';
import { labelOf, type Outcome } from './core/outcome.ts';
import { headerOf, type Outgoing, withDefaultHeaders } from './core/outgoing.ts';
import type { OriginState } from './core/per-origin.ts';
import type { Route } from './core/route.ts';
import { callEvent, type Runtime } from './core/runtime.ts';
import { Stop } from './core/stop.ts';
import { tellExpired } from './core/timed.ts';
import { isRetryableStatus } from './decisions/classify.ts';
import { RetryBudget } from './decisions/retry-budget.ts';
import { hasGivenUp, idempotentMethods } from './decisions/retry-decision.ts';
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
  return withDefaultHeaders(whole, keyHeader(value));
}

/** The platform's own word on a key that HTTP can't carry would have the key in it. */
function keyHeader(key: string): Headers {
  try {
    return new Headers({ 'idempotency-key': key });
  } catch {
    throw new OptionsError('idempotencyKey: expected a string that HTTP allows in a header');
  }
}

/** Opens the context of a call, the outermost and least strict one. */
export function openContext(
  { method, url, signal }: Outgoing,
  state: OriginState,
  route: Route | undefined,
  ambient?: Ambient,
): Context {
  const id = (++calls).toString(36);
  const { origin } = state;
  const log = new Chronicle(id, method, origin, url.pathname);
  return {
    id,
    origin,
    state,
    route,
    attempt: 1,
    hedge: 0,
    stop: Stop.by(signal, ambient?.follower(origin, log)),
    deadline: ambient?.deadline ?? Number.POSITIVE_INFINITY,
    ambient,
    log,
  };
}

/**
 * Writes the end of a call into its log, ties that to what the caller gets, and puts back what a good answer is worth to
 * the place that gave it.
 */
export function conclude(
  outcome: Outcome<Answer>,
  { log, route, state, stop, ambient }: Context,
  { retryBudget, timeout }: Policy,
): void {
  log.duration = log.at(performance.now());
  log.outcome = labelOf(outcome);
  log.stopped = endReason(log, outcome, stop);
  record(outcome.response ?? outcome.error, log);
  if (ambient && hasGivenUp(log) && !isOutOfTime(log, ambient, timeout)) ambient.giveUp();
  if (!retryBudget || log.substituted || !outcome.response) return;
  if (isRetryableStatus(outcome.response.status)) return;
  const funded = RetryBudget.peek(route?.latest?.state ?? state);
  funded?.deposit(retryBudget, performance.now());
}

/** Whether it was the caller's time that ran out: he knows that, and with the time of another attempt it may go well. */
function isOutOfTime(log: Chronicle, ambient: Ambient, { total }: Policy['timeout']): boolean {
  if (ambient.expired) return true;
  const allowed = log.at(ambient.deadline);
  return log.stopped === 'deadline' && allowed <= (total || Number.POSITIVE_INFINITY);
}

/** Tells those who listen how a call ended. */
export function announce(
  { error }: Outcome<Answer>,
  context: Context,
  request: Outgoing,
  runtime: Runtime,
): void {
  const { events } = runtime;
  const { stop, ambient, origin } = context;
  if (ambient?.expired && error === stop.reason) {
    tellExpired({ kind: 'context', milliseconds: ambient.length, runtime }, origin, context.log);
  }
  if (isRefusal(error) && events.heard('call.refused')) {
    events.emit('call.refused', { ...callEvent(runtime, context, request), code: error.code });
  }
  if (events.heard('call.ended')) {
    const log = withoutErrors(context.log);
    const about = callEvent(runtime, context, request);
    events.emit('call.ended', { ...about, outcome: log.outcome, log });
  }
}
