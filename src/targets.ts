import type { OriginState } from './core/per-origin.ts';
import { type Endpoint, type EndpointOrder, type Route, routeOf } from './core/route.ts';
import { hasWeight } from './options/base-url.ts';
import type { ClientOptions } from './options.ts';

/** Where a client's relative inputs go. */
export interface Targets {
  /** Whether there is anything to resolve them against. */
  readonly resolves: boolean;
  /** Whether they may go to more than one place. */
  readonly several: boolean;
  /**
   * The URL of an input; the one at the first place, where it may go to several. None where it names a foreign host
   * without a scheme (`//host/path`, in whatever spelling): the platform, which has no base, takes that for no URL, and a
   * path that somebody has put together is not to lead to another host.
   */
  urlOf(input: string): URL | null;
  /** Whether an origin is one of those places; any is, where none was named. */
  isOwn(origin: string): boolean;
  /** All places that an input may go to, if there are several. */
  routeOf(input: string, stateOf: (origin: string) => OriginState): Route | undefined;
}

/** Reads the base URLs, each as a folder that relative inputs are in. */
export function targetsOf({
  baseUrl,
  endpoints,
}: Pick<ClientOptions, 'baseUrl' | 'endpoints'>): Targets {
  const given = [baseUrl ?? []].flat();
  const bases = given.map((base) => {
    const { url, weight = 1 } = typeof base === 'string' ? { url: base } : base;
    return { folder: folder(url), weight };
  });
  const order = orderOf({ baseUrl, endpoints });
  const isOwn = (origin: string) =>
    bases.length === 0 || bases.some(({ folder }) => folder.origin === origin);
  return {
    resolves: bases.length > 0,
    several: bases.length > 1,
    urlOf(input) {
      if (bases.length === 0) return URL.parse(input);
      const url = URL.parse(input, bases[0]?.folder.href);
      return url && !isOwn(url.origin) && !URL.canParse(input) ? null : url;
    },
    isOwn,
    routeOf(input, stateOf) {
      if (bases.length < 2 || URL.canParse(input)) return undefined;
      const places = bases.flatMap(({ folder, weight }): Endpoint[] => {
        const url = URL.parse(input, folder.href);
        // `//host/path` names its host as well, though it has no scheme
        if (url?.origin !== folder.origin) return [];
        return [{ url, weight, state: stateOf(url.origin) }];
      });
      return places.length > 1 ? routeOf(places, order) : undefined;
    },
  };
}

/** Which of several base URLs a call goes to first. */
export function orderOf({
  baseUrl,
  endpoints,
}: Pick<ClientOptions, 'baseUrl' | 'endpoints'>): EndpointOrder {
  return endpoints ?? ([baseUrl ?? []].flat().some(hasWeight) ? 'weighted' : 'ordered');
}

function folder(baseUrl: string): URL {
  const base = new URL(baseUrl);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base;
}
