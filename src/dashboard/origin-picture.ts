import type { OriginHealth } from '../health.ts';
import type { OriginPicture } from './feed.ts';
import { History } from './history.ts';

/** One origin of one client, with what is known of it. */
export interface Place {
  /** The client as it is shown. */
  readonly client: string;
  readonly origin: string;
  /** Absent where the client has forgotten the origin. */
  readonly health: OriginHealth | undefined;
  /** Absent where it was not called while it was watched. */
  readonly history: History | undefined;
}

/** The higher, the more it is to be seen: first those in trouble, then the busiest. */
export function rankOf({ health, history }: Place): number {
  const isInTrouble = health !== undefined && health.circuit !== 'closed';
  return (isInTrouble ? Number.MAX_SAFE_INTEGER / 2 : 0) + (history?.calls() ?? 0);
}

/** @param buckets how many seconds the past is. */
export function pictureOf(place: Place, buckets: number, now: number): OriginPicture {
  const { client, origin, health, history = new History(buckets, now) } = place;
  const { retryBudget: tokens = null, retryBudgetCapacity: capacity = null } = health ?? {};
  return {
    client,
    origin,
    circuit: health?.circuit ?? 'closed',
    retryAfter: health ? health.retryAfter : 0,
    inFlight: health?.inFlight ?? 0,
    budget: tokens !== null && capacity !== null ? { tokens, capacity } : null,
    slots: health?.concurrency ?? null,
    cooldown: health?.cooldown ?? 0,
    throttle: health?.throttle ?? null,
    hedgeAfter: health?.hedge?.delay ?? null,
    series: history.series(now),
  };
}
