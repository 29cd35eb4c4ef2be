import { type Handler, makeQuote, nothingHere, productPage } from './handlers.ts';

/** A way in: its pattern is what spans and metrics are named by, as a path would be a name of its own for each product. */
export interface Route {
  readonly method: string;
  readonly pattern: string;
  readonly handler: Handler;
}

const routes: readonly Route[] = [
  { method: 'GET', pattern: '/products/:id', handler: productPage },
  { method: 'POST', pattern: '/quotes', handler: makeQuote },
];

const nowhere: Route = { method: '_OTHER', pattern: 'none', handler: nothingHere };

/** The route of a request, and what stands for `:id` in its path. */
export function routeOf(method: string, path: string): { route: Route; id: string } {
  for (const route of routes) {
    const matcher = new RegExp(`^${route.pattern.replace(':id', '([\\w-]{1,40})')}$`);
    const found = route.method === method ? matcher.exec(path) : null;
    if (found) return { route, id: found[1] ?? '' };
  }
  return { route: nowhere, id: '' };
}
