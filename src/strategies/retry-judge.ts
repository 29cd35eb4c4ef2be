import type { Answer } from '../core/answer.ts';
import type { StopReason, Wait } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import { stoppedBy } from '../core/ending.ts';
import { isRefusal, type ResilienceError, TimeoutError } from '../core/errors.ts';
import { guardedUntil } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import { headerOf, type Outgoing } from '../core/outgoing.ts';
import type { Endpoint } from '../core/route.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Classify } from '../decisions/classify.ts';
import { chooseNext } from '../decisions/endpoint-choice.ts';
import { isExcused } from '../decisions/lost-connections.ts';
import { isMarked } from '../decisions/propagation.ts';
import { type BudgetRule, RetryBudget } from '../decisions/retry-budget.ts';
import { infoOf, nextAttempt, type RetryRule, reasonToStand } from '../decisions/retry-decision.ts';
import { boundsOf } from '../decisions/wait.ts';

/** By what it is judged. */
export interface Terms<Given extends Answer> {
  readonly rule: RetryRule<Given>;
  readonly runtime: Runtime;
  readonly budget: BudgetRule | false;
  readonly heedsCircuit: boolean;
  readonly mark: string | false;
  readonly classify: Classify | undefined;
}

/** Another attempt, paid for: when, where, and what the one after it goes by. */
export interface Granted extends Wait {
  /** `undefined`, where there is nothing to choose. */
  readonly place: Endpoint | undefined;
  readonly paid: RetryBudget | undefined;
  /** Whether a good answer gives its token back: not where the attempt before it had the server work in vain. */
  readonly repays: boolean;
  /** What the next one grows from. */
  readonly backoff: number;
}

/**
 * Whether there is another attempt: asks the functions among the options, the tables, the clock and the budget, in this
 * order. It makes none; that is the loop's.
 */
export class RetryJudge<Given extends Answer> {
  readonly #terms: Terms<Given>;

  constructor(terms: Terms<Given>) {
    this.#terms = terms;
  }

  /**
   * The next attempt, paid for by the origin that it goes to, or why there is none. A place that this call has not asked
   * yet is owed nothing: of each call it gets one such request at the most, as it would if it were the only one. Nor is
   * anything owed for a connection that was lost between two answers.
   *
   * @param previous the backoff before the attempt that has just ended; 0 if there was none.
   */
  async decide(
    outcome: Outcome<Given>,
    request: Outgoing,
    context: Context,
    previous: number,
  ): Promise<(Granted & { readonly stop?: undefined }) | { readonly stop: StopReason }> {
    const { rule, runtime, budget, heedsCircuit } = this.#terms;
    const reason = this.#reasonNotTo(outcome, request, context);
    const stop = reason instanceof Promise ? await reason : reason;
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
    const failed = route?.latest?.state ?? state;
    const isFree = choice?.fresh || (!context.broken && isExcused(outcome.error, failed, now));
    const account = budget && !isFree && RetryBudget.of(choice?.endpoint.state ?? state);
    if (account && !account.take(budget, now)) return { stop: 'budget' };
    const place = choice?.insist ? undefined : choice?.endpoint;
    const repays = !(outcome.error instanceof TimeoutError);
    return { ...next, backoff: bounds.backoff, paid: account || undefined, repays, place };
  }

  /** Whether nothing was let out. A function can also fail with a refusal that it met further in. */
  isRefused(error: unknown, { log, attempt }: Context): error is ResilienceError {
    const isOurs = !this.#terms.classify || log.attempts.at(-1)?.attempt !== attempt;
    return isOurs && isRefusal(error);
  }

  /** A promise only where somebody has to be asked. */
  #reasonNotTo(
    outcome: Outcome<Given>,
    request: Outgoing,
    context: Context,
  ): StopReason | undefined | Promise<StopReason | undefined> {
    const { when } = this.#terms.rule;
    const { stop } = context;
    if (stop.aborted) return stoppedBy(stop);
    if (this.isRefused(outcome.error, context)) return 'refused';
    if (!when) return this.#reasonToStand(outcome, request, undefined);
    const ask = () => when(outcome, infoOf(request, context));
    return guardedUntil('function retry.when', ask, stop).then((verdict) => {
      return stop.aborted ? stoppedBy(stop) : this.#reasonToStand(outcome, request, verdict);
    });
  }

  #reasonToStand(
    outcome: Outcome<Given>,
    request: Outgoing,
    verdict: unknown,
  ): StopReason | undefined {
    const { rule, classify, mark } = this.#terms;
    const { methods, statuses } = rule;
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
