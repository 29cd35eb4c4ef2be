import type { OriginState } from './per-origin.ts';

/** Which of several places that are well a call goes to first. */
export type EndpointOrder = 'ordered' | 'weighted';

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
  readonly order: EndpointOrder;
  /**
   * Places that failed this call, the latest last, each with the instant of `performance.now()` before which it does not
   * want to be asked again.
   */
  readonly failed: Map<Endpoint, number>;
  /** Places that a copy of it is under way to. */
  readonly underWay: Set<Endpoint>;
  /** The place of the latest attempt that has ended; of two copies, of the one whose outcome counts. */
  latest: Endpoint | undefined;
}

interface PlaceName {
  readonly origin: string;
  readonly path: string;
}

export function routeOf(endpoints: readonly Endpoint[], order: EndpointOrder): Route {
  return { endpoints, order, failed: new Map(), underWay: new Set(), latest: undefined };
}

/** Where the latest attempt of a call went, as events tell it; nothing where it can go to one place only. */
export function placeIn(route: Route | undefined): PlaceName | undefined {
  return nameOf(route?.latest);
}

/** A place as events tell it. */
export function nameOf(place: Endpoint | undefined): PlaceName | undefined {
  return place && { origin: place.state.origin, path: place.url.pathname };
}
