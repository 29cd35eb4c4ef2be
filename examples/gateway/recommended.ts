import type { FallbackFunction } from 'resilient-fetch';

/** What is shown where nothing better is known. Nobody misses a sale because of it. */
const bestSellers: readonly string[] = ['1', '2', '3'];

/** How many good answers are remembered. */
const limit = 1_000;
const lastGood = new Map<string, readonly string[]>();

/** Where the recommendations for a product are. */
export const recommendedPath = (id: string): string => `recommendations/${id}`;

/** Remembers a good answer, for the time when there is none. */
export function remember(id: string, products: readonly string[]): void {
  lastGood.delete(id);
  lastGood.set(id, products);
  const [oldest] = lastGood.keys();
  if (lastGood.size > limit && oldest !== undefined) lastGood.delete(oldest);
}

/** What was last recommended for a product, or the best sellers: a page without recommendations is still a page. */
export function substitute(id: string): readonly string[] {
  return lastGood.get(id) ?? bestSellers;
}

/** The same for a client, which knows the path that was asked for. */
export const fallback: FallbackFunction = (_failure, { path }) =>
  Response.json({ products: substitute(path.slice(path.lastIndexOf('/') + 1)) });
