import pRetry from 'p-retry';
import type { Answer } from '../core/answer.ts';
import type { StopReason } from '../core/call-log.ts';
import { type Coming, sendComing } from '../core/coming.ts';
import type { Context } from '../core/context.ts';
import { discard, kept } from '../core/discard.ts';
import { stoppedBy } from '../core/ending.ts';
import { isRefusal, type ResilienceError, TimeoutError } from '../core/errors.ts';
import { guardedUntil } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import { headerOf, type Outgoing } from '../core/outgoing.ts';
import { outcomeOf, type Send, type Strategy, settled } from '../core/pipeline.ts';
import { reportRetry } from '../core/retry-report.ts';
import type { Endpoint } from '../core/route.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Classify } from '../decisions/classify.ts';
import { chooseNext } from '../decisions/endpoint-choice.ts';
import { defaultPropagation, isMarked } from '../decisions/propagation.ts';
import { type BudgetRule, RetryBudget } from '../decisions/retry-budget.ts';
import {
  infoOf,
  nextAttempt,
  type RetryRule,
  reasonOfRefusal,
  reasonToStand,
} from '../decisions/retry-decision.ts';
import { boundsOf } from '../decisions/wait.ts';

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

/** An attempt that was decided on, with where it goes and with the backoff that the next one grows from. */
interface Decided<Given extends Answer> extends Coming<Given> {
  readonly place: Endpoint | undefined;
  /** Whether a good answer gives its token back: not where the attempt before it had the server work in vain. */
  readonly repays: boolean;
  readonly backoff: number;
}

/**
 * Another attempt, if it is worth one.
 *
 * @param budget what retries are paid from; `false` where they cost nothing.
 * @param heedsCircuit no wait is begun that an open circuit would outlast.
 * @param mark the header by which a server says that a retry is of no use; `false` where nobody asks for it.
 * @param classify tells what an error says, where it is not one of the network.
 */
export function retry<Given extends Answer = Response>(
  rule: RetryRule<Given>,
  runtime: Runtime,
  budget: BudgetRule | false,
  heedsCircuit: boolean,
  mark: string | false = defaultPropagation.doNotRetry,
  classify?: Classify,
): Strategy<Given> {
  return (next) =>
    async function retry(request, context) {
      const { broken } = context;
      if (broken) return settled(await retryFrom({ error: broken.error }, next, request, context));
      let first: Outcome<Given>;
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
      return settled(await retryFrom(first, next, request, context));
    };

  /**
   * Goes on from the first attempt, which is the last one of nearly all calls and so has no share in the loop, or from one
   * whose body broke off.
   */
  async function retryFrom(
    first: Outcome<Given>,
    next: Send<Given>,
    request: Outgoing,
    context: Context,
  ): Promise<Outcome<Given>> {
    let coming: Decided<Given> | undefined;
    return pRetry(async (turn) => {
      const attempt = context.attempt + turn - 1;
      const current = coming ? { ...context, attempt, place: coming.place } : context;
      const outcome = coming ? await outcomeOf(sendComing(coming, next), request, current) : first;
      const held = coming?.held;
      if (held && isRefusedHere(outcome.error, current)) {
        const before = { ...context, attempt: attempt - 1 };
        reportRetry({ stop: reasonOfRefusal(outcome.error) }, held, request, before, runtime);
        return held;
      }
      if (held?.response) discard(held.response);
      const decision = await decide(outcome, request, current, coming?.backoff ?? 0);
      reportRetry(decision, outcome, request, current, runtime);
      if (decision.stop === 'final' && outcome.response && coming?.repays) coming.paid?.giveBack();
      if (decision.stop === undefined) {
        coming = { ...decision, held: kept(outcome) };
        throw again;
      }
      if (!current.stop.aborted) return outcome;
      if (outcome.response) discard(outcome.response);
      return { error: current.stop.reason };
    }, loop);
  }

  /**
   * The next attempt, paid for by the origin that it goes to, or why there is none. A place that this call has not asked
   * yet is owed nothing: of each call it gets one such request at the most, as it would if it were the only one.
   */
  async function decide(
    outcome: Outcome<Given>,
    request: Outgoing,
    context: Context,
    previous: number,
  ): Promise<Omit<Decided<Given>, 'held'> | { stop: StopReason }> {
    const stop = await reasonNotTo(outcome, request, context);
    if (stop) return { stop };
    const { route, state, deadline } = context;
    const now = performance.now();
    const choice = route && chooseNext(outcome, route, now, runtime.random);
    const circuit = heedsCircuit && !route ? state.circuit : undefined;
    const info = infoOf(request, context);
    const timeLeft = deadline - now;
    const nested = context.ambient?.nested ?? false;
    const prospect = { outcome, info, previous, timeLeft, circuit, route, choice, nested };
    const bounds = boundsOf(rule, prospect, now, Date.now(), runtime.random);
    const next = nextAttempt(bounds);
    if (next.stop !== undefined) return next;
    const account = budget && !choice?.fresh && RetryBudget.of(choice?.endpoint.state ?? state);
    if (account && !account.take(budget, now)) return { stop: 'budget' };
    const place = choice?.insist ? undefined : choice?.endpoint;
    const repays = !(outcome.error instanceof TimeoutError);
    return { ...next, backoff: bounds.backoff, paid: account || undefined, repays, place };
  }

  /** Whether nothing was let out. A function can also fail with a refusal that it met further in. */
  function isRefusedHere(error: unknown, { log, attempt }: Context): error is ResilienceError {
    return isRefusal(error) && (!classify || log.attempts.at(-1)?.attempt !== attempt);
  }

  async function reasonNotTo(
    outcome: Outcome<Given>,
    request: Outgoing,
    context: Context,
  ): Promise<StopReason | undefined> {
    const { when, methods, statuses } = rule;
    const { stop } = context;
    if (stop.aborted) return stoppedBy(stop);
    if (isRefusedHere(outcome.error, context)) return 'refused';
    const ask = when && (() => when(outcome, infoOf(request, context)));
    const verdict = ask && (await guardedUntil('function retry.when', ask, stop));
    if (stop.aborted) return stoppedBy(stop);
    return reasonToStand({
      outcome,
      classify,
      methodAllowed: methods.includes(request.method),
      hasIdempotencyKey: () => headerOf(request, 'idempotency-key') !== null,
      replayable: request.replayable,
      statuses,
      isMarked: ({ headers }) => mark !== false && isMarked(headers, mark),
      verdict: typeof verdict === 'boolean' ? verdict : undefined,
    });
  }
}
