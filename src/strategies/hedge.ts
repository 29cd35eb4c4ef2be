import { clearAlarm, setAlarm, type Timeout } from '../core/alarm.ts';
import type { Context } from '../core/context.ts';
import { isRefusal } from '../core/errors.ts';
import type { HedgeRefusal } from '../core/events.ts';
import { OneShotBody } from '../core/one-shot.ts';
import type { Outcome } from '../core/outcome.ts';
import { headerOf, type Outgoing } from '../core/outgoing.ts';
import type { Strategy } from '../core/pipeline.ts';
import { Race } from '../core/race.ts';
import { type Endpoint, nameOf, type Route } from '../core/route.ts';
import { attemptEvent, type Runtime } from '../core/runtime.ts';
import { faultOf, isRetryableStatus } from '../decisions/classify.ts';
import { chooseSecond, refuses } from '../decisions/endpoint-choice.ts';
import { type HedgeRule, Hedging, waitToAskAgain } from '../decisions/hedging.ts';
import { type BudgetRule, RetryBudget } from '../decisions/retry-budget.ts';
import type { RetryRule } from '../decisions/retry-decision.ts';
import { askedBy } from '../decisions/wait.ts';

/**
 * A second copy, when the first is slow: whichever is answered well first is the answer, and the other is ended. One that
 * fails before there is a second is left to `retry`.
 *
 * @param methods those that may be sent twice; any may be that has an Idempotency-Key.
 * @param budget what second copies are paid from beside retries; `false` where they cost nothing.
 * @param retryAfter how a server asks for a wait: of two failures, the one that asks for the longer one counts.
 */
export function hedge(
  rule: HedgeRule,
  runtime: Runtime,
  methods: readonly string[],
  budget: BudgetRule | false,
  retryAfter: RetryRule['retryAfter'] = false,
): Strategy {
  const asked = (outcome: Outcome) => askedBy(outcome, retryAfter, Date.now()) ?? 0;
  return (next) =>
    function hedge(request, context) {
      if (context.ambient?.nested || !isHedgeable(request, methods)) return next(request, context);
      const { route } = context;
      const ways: Route[] = [];
      const hedging = Hedging.of(context.state);
      let start = performance.now();
      const delay = hedging.delay(rule, start);
      let hasLeft = false;
      let age = 0;
      let alarm: Timeout | undefined;
      let wasRefused = false;
      let place: Endpoint | undefined;
      let paid: RetryBudget | undefined;

      // what several places ask for is remembered for each
      const outweighs = (later: Outcome, first: Outcome) => !route && asked(later) > asked(first);
      const race = new Race(request, context, isGood, onOver, outweighs);
      race.send((sent, copy) => next(sent, { ...onItsWay(copy), onLeave }));
      return race.promise;

      function onOver(outcome: Outcome, winner: number): void {
        if (alarm) clearAlarm(alarm);
        if (route) route.latest = ways[winner]?.latest ?? route.latest;
        const now = performance.now();
        if (isGood(outcome)) hedging.answered(rule, now - start, age > 0, now);
        else if (isFault(outcome) && !context.stop.aborted) hedging.failed(age > 0, now);
        if (winner > 0 && isGood(outcome) && runtime.events.heard('hedge.won')) {
          runtime.events.emit('hedge.won', about());
        }
      }

      /** The first copy's time begins: what it was held for, by a pause for everybody, says nothing of the origin. */
      function onLeave(): void {
        if (hasLeft) return;
        hasLeft = true;
        start = performance.now();
        if (delay < Number.POSITIVE_INFINITY) wait(delay);
      }

      /** Each copy knows the places of all, but only of its own where it was last: one of the two gives the outcome. */
      function onItsWay(copy: Context): Context {
        if (!route) return copy;
        const way = { ...route };
        ways[copy.hedge] = way;
        return { ...copy, route: way };
      }

      /** Goes on in a continuation: the alarm's timer is one for many calls, and not in this one's async context. */
      function wait(length: number): void {
        const over = new Promise<void>((resolve) => {
          alarm = setAlarm(length, resolve);
        });
        over.then(() => ask(length));
      }

      function ask(waited: number): void {
        const now = performance.now();
        if (context.stop.aborted || now >= context.deadline) return;
        if (age === 0) hedging.passed(now);
        age += Math.max(waited, 1);
        if (!request.replayable()) return;
        const reason = refusal(now);
        if (reason) {
          tell(reason);
          wait(waitToAskAgain(age));
          return;
        }
        hedging.sent();
        if (runtime.events.heard('hedge.sent')) {
          runtime.events.emit('hedge.sent', { ...about(), ...nameOf(place), after: now - start });
        }
        race.send(second);
      }

      /** Takes a token of the place that the second copy will go to. */
      function refusal(now: number): HedgeRefusal | undefined {
        place = route && chooseSecond(route, now, runtime.random);
        if (route ? !place : refuses(context, now)) return 'outage';
        const reason = hedging.refusal(rule, delay, age, now);
        if (reason || !budget) return reason;
        const account = RetryBudget.of((place ?? context).state);
        if (!account.take(budget, now)) return 'budget';
        paid = account;
        return undefined;
      }

      /** The second copy. One that is refused further in costs nothing. */
      async function second(sent: Outgoing, copy: Context): Promise<Response> {
        try {
          return await next(sent, { ...onItsWay(copy), place });
        } catch (error) {
          if (isRefusal(error)) {
            hedging.notSent();
            paid?.giveBack();
          }
          throw error;
        }
      }

      function about() {
        return attemptEvent(runtime, { ...context, hedge: 1 }, request);
      }

      function tell(reason: HedgeRefusal): void {
        if (wasRefused || !runtime.events.heard('hedge.refused')) return;
        wasRefused = true;
        runtime.events.emit('hedge.refused', { ...about(), reason });
      }
    };
}

/** A body that can be sent once, as that of a Request, can't be sent by two at a time, even while it is untouched. */
function isHedgeable(request: Outgoing, methods: readonly string[]): boolean {
  const body: unknown = request.init.body;
  const isOneShot = body ? body instanceof OneShotBody : (request.input as Partial<Request>).body;
  if (isOneShot) return false;
  return methods.includes(request.method) || headerOf(request, 'idempotency-key') !== null;
}

function isGood({ response }: Outcome): boolean {
  return response !== undefined && !isRetryableStatus(response.status);
}

function isFault(outcome: Outcome): boolean {
  return outcome.response !== undefined || faultOf(outcome) === 'failure';
}
