import type { Outcome } from '../core/outcome.ts';
import type { Strategy } from '../core/pipeline.ts';
import type { Endpoint, Route } from '../core/route.ts';
import type { Runtime } from '../core/runtime.ts';
import { choose, type EndpointOrder, isFailureOfPlace } from '../decisions/endpoint-choice.ts';

/** Another place for an attempt whose call may go to several: each attempt, and each second copy, chooses anew. */
export function endpoints(order: EndpointOrder, runtime: Runtime): Strategy {
  return (next) =>
    async function endpoints(request, context) {
      const { route } = context;
      const choice = route && choose(route, order, performance.now(), runtime.random);
      if (!choice) return next(request, context);
      const { endpoint, insist } = choice;
      const { state, url } = endpoint;
      const { origin } = state;
      route.underWay.add(endpoint);
      try {
        const there = { ...request, url, input: url.href };
        const response = await next(there, { ...context, state, origin, insist });
        route.answeredBy = endpoint;
        note(route, endpoint, { response });
        return response;
      } catch (error) {
        if (!context.stop.aborted) note(route, endpoint, { error });
        throw error;
      } finally {
        route.underWay.delete(endpoint);
      }
    };
}

/** A place that failed a call is not asked again by it while there are others. One that is busy (429) did not fail. */
function note({ failed }: Route, endpoint: Endpoint, outcome: Outcome): void {
  const before = failed.indexOf(endpoint);
  if (before >= 0) failed.splice(before, 1);
  if (isFailureOfPlace(outcome)) failed.push(endpoint);
}
