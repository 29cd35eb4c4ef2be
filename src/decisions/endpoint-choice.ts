import type { Answer } from '../core/answer.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Endpoint, Route } from '../core/route.ts';
import { classifyError, isRetryableStatus } from './classify.ts';
import { Cooldown } from './cooldown.ts';

/** Where an attempt goes. */
export interface Choice {
  readonly endpoint: Endpoint;
  /** It is well and has not failed this call: a retry need not wait. */
  readonly fresh: boolean;
  /** Nobody lets anything in: it is to be tried in spite of its circuit. */
  readonly insist: boolean;
}

/**
 * Where an attempt goes: to a place that is well and has not failed this call, else to one that is well and did, else,
 * when nobody lets anything in, to the one that will do so soonest, because a wrong guess about the health of all is worse
 * than one more request (Envoy calls this its panic mode). A place that has a copy of the call comes after all others
 * that are well.
 */
export function choose(route: Route, now: number, random: () => number): Choice | undefined {
  const { endpoints, order, failed, underWay } = route;
  const soonest = (places: readonly Endpoint[]) => {
    return places.toSorted(
      (one, other) => waitFor(one, route, now) - waitFor(other, route, now),
    )[0];
  };
  const idle = (place: Endpoint) => !underWay.has(place);
  const untried = (place: Endpoint) => !failed.has(place);
  const well = prefer(
    endpoints.filter((place) => !refuses(place, now)),
    idle,
  );
  const fresh = well.filter(untried);
  if (fresh.length > 0) {
    return certain(order === 'weighted' ? draw(fresh, random) : fresh[0], { fresh: true });
  }
  if (well.length > 0) {
    const longestAgoFirst = [...failed.keys()].filter((place) => well.includes(place));
    return certain(soonest(longestAgoFirst));
  }
  return certain(soonest(prefer(prefer(endpoints, idle), untried)), { insist: true });
}

/**
 * Where a retry goes: elsewhere where the place failed, or holds everybody off; back to it where it is merely busy (429),
 * or answered what no other place would answer differently.
 */
export function chooseNext(
  outcome: Outcome<Answer>,
  route: Route,
  now: number,
  random: () => number,
): Choice | undefined {
  const { latest } = route;
  const stays = latest && !isFailureOfPlace(outcome) && !refuses(latest, now);
  return stays ? certain(latest) : choose(route, now, random);
}

/** Where a second copy goes: to a place that is well, has not failed the call, and has no copy of it; nowhere else. */
export function chooseSecond(
  route: Route,
  now: number,
  random: () => number,
): Endpoint | undefined {
  const choice = choose(route, now, random);
  return choice?.fresh && !route.underWay.has(choice.endpoint) ? choice.endpoint : undefined;
}

/** Whether another place may do better: where this one failed, and not where it is merely busy (429). */
export function isFailureOfPlace({ response, error }: Outcome<Answer>): boolean {
  if (response) return response.status >= 500 && isRetryableStatus(response.status);
  return classifyError(error) !== 'fatal';
}

/** Whether a place lets nothing in now. */
export function refuses({ state }: Pick<Endpoint, 'state'>, now: number): boolean {
  return state.circuit?.refusing || pauseOf(state, now) > 0;
}

/** Milliseconds for which a place, when it failed this call, asked not to be asked again. */
export function askedOf(place: Endpoint, { failed }: Route, now: number): number {
  return Math.max(0, (failed.get(place) ?? now) - now);
}

/** Milliseconds until a place lets something in, and this call may ask it again. */
function waitFor(place: Endpoint, route: Route, now: number): number {
  const { circuit } = place.state;
  return Math.max(askedOf(place, route, now), circuit?.retryAfter ?? 0, pauseOf(place.state, now));
}

function pauseOf(state: Endpoint['state'], now: number): number {
  return Cooldown.peek(state)?.remaining(now) ?? 0;
}

/** Those that a test is true of; all, where there are none. */
function prefer(places: readonly Endpoint[], test: (place: Endpoint) => boolean) {
  const preferred = places.filter(test);
  return preferred.length > 0 ? preferred : places;
}

function certain(
  endpoint: Endpoint | undefined,
  { fresh = false, insist = false } = {},
): Choice | undefined {
  return endpoint && { endpoint, fresh, insist };
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
