import type { Context } from '../core/context.ts';
import { refusalAt } from '../core/ending.ts';
import { CooldownError, isRefusal } from '../core/errors.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Send, Strategy } from '../core/pipeline.ts';
import type { Endpoint, Route } from '../core/route.ts';
import type { Runtime } from '../core/runtime.ts';
import { sleep } from '../core/stop.ts';
import {
  askedOf,
  type Choice,
  choose,
  isFailureOfPlace,
  refuses,
} from '../decisions/endpoint-choice.ts';
import type { RetryRule } from '../decisions/retry-decision.ts';
import { askedBy } from '../decisions/wait.ts';

/**
 * Another place for an attempt whose call may go to several: each attempt, and each second copy, chooses anew. Where a
 * place refuses to let it out, nothing was sent, and the next place is tried at once.
 *
 * @param sendAt sends an attempt to a place, by the rules for its host.
 */
export function endpoints(
  retryAfter: RetryRule['retryAfter'],
  sendAt: (place: Endpoint) => Send,
  runtime: Runtime,
): Strategy {
  return (next) =>
    async function endpoints(request, context) {
      const { route } = context;
      if (!route) return next(request, context);
      let choice = first(route, context);
      for (;;) {
        if (!choice) return next(request, context);
        const asked = askedOf(choice.endpoint, route, performance.now());
        if (asked > 0) await hold(choice.endpoint, asked, context);
        try {
          return await sendTo(choice, route, request, context);
        } catch (error) {
          const other = choose(route, performance.now(), runtime.random);
          if (!isRefusal(error) || context.stop.aborted || !other?.fresh) throw error;
          const { origin } = choice.endpoint.state;
          context.log.note('refused', performance.now(), origin, error.code);
          choice = other;
        }
      }
    };

  /** The place that the attempt is paid from, unless it has fallen ill meanwhile or a copy is under way to it. */
  function first(route: Route, { place }: Context): Choice | undefined {
    const now = performance.now();
    const stands = place && !route.underWay.has(place) && !refuses(place, now);
    return stands
      ? { endpoint: place, fresh: false, insist: false }
      : choose(route, now, runtime.random);
  }

  /**
   * Waits for as long as a place still asked this call to. A retry waits for the place that it is bound for; where that one
   * has fallen ill meanwhile, another one may have asked for more.
   */
  async function hold({ state }: Endpoint, asked: number, context: Context): Promise<void> {
    const { stop, deadline, log } = context;
    const now = performance.now();
    const most = retryAfter === false ? 0 : retryAfter.max;
    if (asked > most || now + Math.ceil(asked) >= deadline) {
      throw new CooldownError(Math.ceil(asked), refusalAt(state.origin, log));
    }
    await sleep(asked, stop).finally(() => log.note('held', now, state.origin));
  }

  async function sendTo(
    { endpoint, insist }: Choice,
    route: Route,
    request: Outgoing,
    context: Context,
  ): Promise<Response> {
    const { state, url } = endpoint;
    const there = { ...request, url, input: url.href };
    route.underWay.add(endpoint);
    state.inFlight++;
    try {
      const { origin } = state;
      const response = await sendAt(endpoint)(there, { ...context, state, origin, insist });
      note(route, endpoint, { response });
      return response;
    } catch (error) {
      if (!context.stop.aborted) note(route, endpoint, { error });
      throw error;
    } finally {
      state.inFlight--;
      route.underWay.delete(endpoint);
    }
  }

  /**
   * A place that failed a call, would not let it out, or asked for a wait is not asked again by it while there are others.
   */
  function note(route: Route, endpoint: Endpoint, outcome: Outcome): void {
    const refused = isRefusal(outcome.error);
    if (!refused) route.latest = endpoint;
    route.failed.delete(endpoint);
    const asked = askedBy(outcome, retryAfter, Date.now()) ?? 0;
    if (!refused && asked === 0 && !isFailureOfPlace(outcome)) return;
    route.failed.set(endpoint, performance.now() + asked);
  }
}
