import type { OriginState } from './core/per-origin.ts';
import { type Endpoint, type Route, routeOf } from './core/route.ts';
import type { EndpointOrder } from './decisions/endpoint-choice.ts';
import { hasWeight } from './options/base-url.ts';
import type { ClientOptions } from './options.ts';

/** Where a client's relative inputs go. */
export interface Targets {
  /** There where they may go to several places. */
  readonly order: EndpointOrder | undefined;
  /** The URL of an input; the first of them, where it may go to several. */
  urlOf(input: string): URL | null;
  /** All places that an input may go to, if there are several. */
  routeOf(input: string, stateOf: (origin: string) => OriginState): Route | undefined;
}

/** Reads the base URLs, each as a folder that relative inputs are in. */
export function targetsOf({
  baseUrl,
  endpoints,
}: Pick<ClientOptions, 'baseUrl' | 'endpoints'>): Targets {
  const given = baseUrl === undefined ? [] : [baseUrl].flat();
  const bases = given.map((base) => {
    const { url, weight = 1 } = typeof base === 'string' ? { url: base } : base;
    return { href: folder(url), weight };
  });
  const weighted = endpoints === 'weighted' || (endpoints === undefined && given.some(hasWeight));
  const order = weighted ? 'weighted' : 'ordered';
  return {
    order: bases.length > 1 ? order : undefined,
    urlOf: (input) => URL.parse(input, bases[0]?.href),
    routeOf(input, stateOf) {
      if (bases.length < 2 || URL.canParse(input)) return undefined;
      const places = bases.map(({ href, weight }): Endpoint => {
        const url = new URL(input, href);
        return { url, weight, state: stateOf(url.origin) };
      });
      return routeOf(places);
    },
  };
}

function folder(baseUrl: string): string {
  const base = new URL(baseUrl);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base.href;
}
