import pRetry from 'p-retry';
import type { Answer } from '../core/answer.ts';
import { type Coming, sendComing } from '../core/coming.ts';
import type { Context } from '../core/context.ts';
import { discard, kept } from '../core/discard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { outcomeOf, type Send, type Strategy, settled } from '../core/pipeline.ts';
import { reportRetry } from '../core/retry-report.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Classify } from '../decisions/classify.ts';
import { defaultPropagation } from '../decisions/propagation.ts';
import type { BudgetRule } from '../decisions/retry-budget.ts';
import { type RetryRule, reasonOfRefusal } from '../decisions/retry-decision.ts';
import { type Granted, RetryJudge } from './retry-judge.ts';

/** Thrown to p-retry and to nobody else: it asks for another attempt. */
const again = new Error('another attempt');

/**
 * p-retry turns the loop of further attempts and decides nothing: of errors it knows only messages, and it can't be given a
 * delay. So an attempt comes to it as a value, or as `again`, and the wait stands at the start of the next attempt.
 */
const loop = {
  retries: Number.POSITIVE_INFINITY,
  minTimeout: 0,
  shouldRetry: ({ error }: { error: Error }) => error === again,
};

/** An attempt that was granted, and what stands if it is not let out. */
type Decided<Given extends Answer> = Granted & Coming<Given>;

type Judged<Given extends Answer> =
  | { readonly coming: Decided<Given>; readonly outcome?: undefined }
  | { readonly coming?: undefined; readonly outcome: Outcome<Given> };

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
  const judge = new RetryJudge({ rule, runtime, budget, heedsCircuit, mark, classify });
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
        if (!context.stop.aborted && judge.isRefused(error, context)) {
          context.log.stopped = 'refused';
          throw error;
        }
        first = { error };
      }
      return settled(await retryFrom(first, next, request, context));
    };

  /** Goes on from the first attempt, which is the last one of nearly all calls, or from one whose body broke off. */
  async function retryFrom(
    first: Outcome<Given>,
    next: Send<Given>,
    request: Outgoing,
    context: Context,
  ): Promise<Outcome<Given>> {
    const judged = await judgedBy(first, request, context);
    if (!judged.coming) return judged.outcome;
    let { coming } = judged;
    return pRetry(async (turn) => {
      const { held, place } = coming;
      const current = { ...context, attempt: context.attempt + turn, place };
      const outcome = await outcomeOf(sendComing(coming, next), request, current);
      if (held && judge.isRefused(outcome.error, current)) {
        const before = { ...context, attempt: current.attempt - 1 };
        reportRetry({ stop: reasonOfRefusal(outcome.error) }, held, request, before, runtime);
        return held;
      }
      if (held?.response) discard(held.response);
      const judged = await judgedBy(outcome, request, current, coming);
      if (!judged.coming) return judged.outcome;
      coming = judged.coming;
      throw again;
    }, loop);
  }

  /** The attempt to come after one that has ended, or what the call ends with. */
  async function judgedBy(
    outcome: Outcome<Given>,
    request: Outgoing,
    context: Context,
    before?: Decided<Given>,
  ): Promise<Judged<Given>> {
    const decision = await judge.decide(outcome, request, context, before?.backoff ?? 0);
    reportRetry(decision, outcome, request, context, runtime);
    if (decision.stop === undefined) return { coming: { ...decision, held: kept(outcome) } };
    if (decision.stop === 'final' && outcome.response && before?.repays) before.paid?.giveBack();
    if (!context.stop.aborted) return { outcome };
    if (outcome.response) discard(outcome.response);
    return { outcome: { error: context.stop.reason } };
  }
}
