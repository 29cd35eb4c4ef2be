/** How many items a service sends in a stream. */
export const items = 5;

/** One of each item, from the first, which is 1. */
export function each<Item>(make: (number: number) => Item): Item[] {
  return Array.from({ length: items }, (_, index) => make(index + 1));
}
