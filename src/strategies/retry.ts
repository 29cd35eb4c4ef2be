import pRetry from 'p-retry';
import type { StopReason } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import { discard, isBuffered } from '../core/discard.ts';
import { isRefusal, TimeoutError } from '../core/errors.ts';
import { warn } from '../core/guard.ts';
import { labelOf, type Outcome } from '../core/outcome.ts';
import { headerOf, type Outgoing } from '../core/outgoing.ts';
import { outcomeOf, type Send, type Strategy } from '../core/pipeline.ts';
import { attemptEvent, type Runtime } from '../core/runtime.ts';
import { type Stop, sleep, stoppable } from '../core/stop.ts';
import { elsewhere, isFailureOfPlace } from '../decisions/endpoint-choice.ts';
import { spreadOut } from '../decisions/retry-after.ts';
import { type BudgetRule, RetryBudget } from '../decisions/retry-budget.ts';
import {
  type AttemptInfo,
  type Bounds,
  type Next,
  nextAttempt,
  type RetryRule,
  reasonToStand,
} from '../decisions/retry-decision.ts';
import { askedBy, backoffOf } from '../decisions/wait.ts';

/** Thrown to p-retry and to nobody else: it asks for another attempt. */
const again = new Error('another attempt');

/**
 * p-retry turns the loop and decides nothing: of errors it knows only messages, and it can't be given a delay. So an
 * attempt comes to it as a value, or as `again`, and the wait stands at the start of the next attempt.
 */
const loop = {
  retries: Number.POSITIVE_INFINITY,
  minTimeout: 0,
  shouldRetry: ({ error }: { error: Error }) => error === again,
};

/**
 * Another attempt, if it is worth one.
 *
 * @param budget what retries are paid from; `false` where they cost nothing.
 * @param heedsCircuit no wait is begun that an open circuit would outlast.
 */
export function retry(
  rule: RetryRule,
  runtime: Runtime,
  budget: BudgetRule | false,
  heedsCircuit: boolean,
): Strategy {
  return (next) =>
    async function retry(request, context) {
      let first: Outcome;
      try {
        const response = await next(request, context);
        if (response.ok && !rule.when) {
          context.log.stopped = 'final';
          return response;
        }
        first = { response };
      } catch (error) {
        first = { error };
      }
      const last = await retryFrom(first, next, request, context);
      if (last.response) return last.response;
      throw last.error;
    };

  /** Goes on from the first attempt, which is the last one of nearly all calls and so has no share in the loop. */
  async function retryFrom(
    first: Outcome,
    next: Send,
    request: Outgoing,
    context: Context,
  ): Promise<Outcome> {
    let delay = 0;
    let backoff = 0;
    let held: Outcome | undefined;
    let paid: RetryBudget | undefined;
    const { attempts } = context.log;
    const another: Send = async (sent, current) => {
      const before = attempts.length;
      try {
        await sleep(delay, current.stop);
        const answer = next(sent, current);
        if (held?.response && attempts.length > before) discard(held.response);
        return await answer;
      } finally {
        if (attempts.length === before) paid?.giveBack();
      }
    };
    return pRetry(async (number) => {
      const current = number === 1 ? context : { ...context, attempt: number };
      const outcome = number === 1 ? first : await outcomeOf(another, request, current);
      if (held && isRefusal(outcome.error) && !canGoElsewhere(outcome, current)) {
        const stop = refusals[outcome.error.code] ?? 'refused';
        tell({ stop }, held, request, { ...context, attempt: number - 1 });
        return held;
      }
      if (held?.response) discard(held.response);
      const stop = await reasonNotTo(outcome, request, current);
      const bounds = stop ? undefined : boundsOf(outcome, request, current, backoff);
      let decision: Next = bounds ? nextAttempt(bounds) : { stop: stop ?? 'final' };
      paid = decision.stop ? undefined : pay(current);
      if (budget && !decision.stop && !paid) decision = { stop: 'budget' };
      tell(decision, outcome, request, current);
      if (decision.stop && !current.stop.aborted) return outcome;
      if (decision.stop) {
        if (outcome.response) discard(outcome.response);
        return { error: current.stop.reason };
      }
      held = keep(outcome);
      ({ delay } = decision);
      backoff = bounds?.backoff ?? 0;
      throw again;
    }, loop);
  }

  async function reasonNotTo(
    outcome: Outcome,
    request: Outgoing,
    context: Context,
  ): Promise<StopReason | undefined> {
    const { error } = outcome;
    const { method } = request;
    if (context.stop.aborted) return stoppedBy(context.stop);
    if (isRefusal(error)) return canGoElsewhere(outcome, context) ? undefined : 'refused';
    const verdict = rule.when && (await ask(rule.when, outcome, request, context));
    if (context.stop.aborted) return stoppedBy(context.stop);
    return reasonToStand({
      outcome,
      methodAllowed: rule.methods.includes(method),
      hasIdempotencyKey: () => headerOf(request, 'idempotency-key') !== null,
      replayable: request.replayable,
      statuses: rule.statuses,
      verdict,
    });
  }

  /** Takes a token of the place that the next attempt will go to. */
  function pay({ route, state }: Context): RetryBudget | undefined {
    const now = performance.now();
    const payer = (route && elsewhere(route, now)?.state) ?? state;
    return budget && RetryBudget.of(payer).take(budget, now) ? RetryBudget.of(payer) : undefined;
  }

  function boundsOf(
    outcome: Outcome,
    request: Outgoing,
    context: Context,
    previous: number,
  ): Bounds {
    const { random } = runtime;
    const { circuit } = context.state;
    const retryAfter = askedBy(outcome, rule.retryAfter, Date.now());
    return {
      retries: context.attempt - 1,
      maxRetries: rule.maxRetries,
      backoff: backoffOf(rule, outcome, infoOf(request, context), previous, random),
      retryAfter,
      maxRetryAfter: rule.retryAfter ? rule.retryAfter.max : 0,
      spreadRetryAfter: retryAfter === undefined ? 0 : spreadOut(retryAfter, random),
      elsewhere: canGoElsewhere(outcome, context),
      timeLeft: context.deadline - performance.now(),
      circuitRetryAfter:
        heedsCircuit && circuit && circuit.state !== 'half-open' ? circuit.retryAfter : 0,
    };
  }

  function tell(decision: Next, outcome: Outcome, request: Outgoing, context: Context): void {
    const { log } = context;
    const { events } = runtime;
    if (decision.stop === undefined) {
      const { delay, source } = decision;
      const entry = log.attempts.at(-1);
      if (entry) Object.assign(entry, { delay, source });
      if (!events.heard('retry.scheduled')) return;
      const about = attemptEvent(runtime, context, request);
      events.emit('retry.scheduled', { ...about, outcome: labelOf(outcome), delay, source });
      return;
    }
    log.stopped = decision.stop;
    if (unremarkable.has(decision.stop) || !events.heard('retry.refused')) return;
    const about = attemptEvent(runtime, context, request);
    events.emit('retry.refused', { ...about, outcome: labelOf(outcome), reason: decision.stop });
  }
}

/** What it is called when a further attempt was refused and the outcome before it stands. */
const refusals: Readonly<Record<string, StopReason>> = {
  ERR_RESILIENCE_CIRCUIT_OPEN: 'circuit-open',
  ERR_RESILIENCE_THROTTLED: 'throttled',
  ERR_RESILIENCE_COOLDOWN: 'cooldown',
};

/** Ends that no retry was ever in question for. */
const unremarkable: ReadonlySet<StopReason> = new Set(['final', 'aborted', 'timeout', 'refused']);

/** An outcome that can wait for the next attempt to be let out. A response that would hold its connection can't. */
function keep(outcome: Outcome): Outcome | undefined {
  if (!outcome.response || isBuffered(outcome.response)) return outcome;
  discard(outcome.response);
  return undefined;
}

function canGoElsewhere(outcome: Outcome, { route }: Context): boolean {
  if (!route || !isFailureOfPlace(outcome)) return false;
  return elsewhere(route, performance.now()) !== undefined;
}

function stoppedBy(stop: Stop): StopReason {
  return stop.reason instanceof TimeoutError ? 'timeout' : 'aborted';
}

function infoOf({ method }: Outgoing, { origin, attempt }: Context): AttemptInfo {
  return { origin, method, attempt };
}

/** What `retry.when` says; nothing, if it throws. The deadline does not wait for it. */
async function ask(
  when: NonNullable<RetryRule['when']>,
  outcome: Outcome,
  request: Outgoing,
  context: Context,
): Promise<boolean | undefined> {
  try {
    const verdict = Promise.resolve(when(outcome, infoOf(request, context)));
    const said = await stoppable(verdict, context.stop);
    return typeof said === 'boolean' ? said : undefined;
  } catch (error) {
    if (!context.stop.aborted) warn('function retry.when', error);
    return undefined;
  }
}
