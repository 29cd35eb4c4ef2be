import type { OriginState } from './per-origin.ts';

/** One of the places that serve the same. */
export interface Endpoint {
  readonly state: OriginState;
  /** What the call asks for, at this place. */
  readonly url: URL;
  readonly weight: number;
}

/** Where one call may go and where it has been. Written by the strategy that chooses, read by those around it. */
export interface Route {
  readonly endpoints: readonly Endpoint[];
  /** Places that failed this call, the latest last. */
  readonly failed: Endpoint[];
  /** Places that a copy of it is under way to. */
  readonly underWay: Set<Endpoint>;
  /** The place that gave the latest answer. */
  answeredBy: Endpoint | undefined;
}

export function routeOf(endpoints: readonly Endpoint[]): Route {
  return { endpoints, failed: [], underWay: new Set(), answeredBy: undefined };
}
