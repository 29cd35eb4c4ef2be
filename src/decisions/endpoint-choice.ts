import { isRefusal } from '../core/errors.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Endpoint, Route } from '../core/route.ts';
import { classifyError, isRetryableStatus } from './classify.ts';
import { Cooldown } from './cooldown.ts';

/** Which of several places that are well a call goes to first. */
export type EndpointOrder = 'ordered' | 'weighted';

export interface Choice {
  readonly endpoint: Endpoint;
  /** All circuits are open: this one is the nearest to opening again, and is to be tried in spite of its circuit. */
  readonly insist: boolean;
}

/**
 * Where an attempt goes: to a place that is well and has not failed this call, else to one that is well and failed it
 * longest ago, else, when nobody lets anything in, to the one that will do so soonest, because a wrong guess about the
 * health of all is worse than one more request (Envoy calls this its panic mode).
 */
export function choose(
  { endpoints, failed, underWay }: Route,
  order: EndpointOrder,
  now: number,
  random: () => number,
): Choice | undefined {
  const free = endpoints.filter((endpoint) => !underWay.has(endpoint));
  const open = (free.length > 0 ? free : endpoints).filter((one) => !refuses(one, now));
  const fresh = open.filter((endpoint) => !failed.includes(endpoint));
  if (fresh.length > 0) return certain(order === 'weighted' ? draw(fresh, random) : fresh[0]);
  if (open.length > 0) return certain(failed.find((endpoint) => open.includes(endpoint)));
  const soonest = endpoints.toSorted((one, other) => reopens(one, now) - reopens(other, now))[0];
  return soonest && { endpoint: soonest, insist: true };
}

/** A place that is well, has not failed this call yet and has no copy of it: where a retry need not wait. */
export function elsewhere(
  { endpoints, failed, underWay }: Route,
  now: number,
): Endpoint | undefined {
  const isTried = (endpoint: Endpoint) => failed.includes(endpoint) || underWay.has(endpoint);
  return endpoints.find((endpoint) => !isTried(endpoint) && !refuses(endpoint, now));
}

/** Whether another place may do better: where this one failed or refused, and not where it is merely busy (429). */
export function isFailureOfPlace({ response, error }: Outcome): boolean {
  if (response) return response.status >= 500 && isRetryableStatus(response.status);
  return isRefusal(error) || classifyError(error) !== 'fatal';
}

function certain(endpoint: Endpoint | undefined): Choice | undefined {
  return endpoint && { endpoint, insist: false };
}

/** Whether a place lets nothing in now: its circuit is open, or it has asked for a pause. */
export function refuses({ state }: Pick<Endpoint, 'state'>, now: number): boolean {
  return state.circuit?.refusing || (Cooldown.peek(state)?.remaining(now) ?? 0) > 0;
}

/** Milliseconds until a place lets something in again. */
function reopens({ state }: Endpoint, now: number): number {
  return Math.max(state.circuit?.retryAfter ?? 0, Cooldown.peek(state)?.remaining(now) ?? 0);
}

/** One of them, each with a chance in proportion to its weight; those of weight 0 only where there are no others. */
function draw(endpoints: readonly Endpoint[], random: () => number): Endpoint | undefined {
  const total = endpoints.reduce((sum, { weight }) => sum + weight, 0);
  let point = random() * total;
  const drawn = endpoints.find(({ weight }) => {
    point -= weight;
    return point < 0;
  });
  return drawn ?? endpoints.findLast(({ weight }) => weight > 0) ?? endpoints[0];
}
