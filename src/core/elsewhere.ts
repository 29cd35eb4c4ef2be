const elsewhere = new WeakSet<object>();

/**
 * Remembers what came of a request, an answer or an error, as that of another origin than the one that was asked, which
 * has redirected it: it is the other's to answer for.
 */
export function noteElsewhere(outcome: unknown): void {
  if (typeof outcome === 'object' && outcome !== null) elsewhere.add(outcome);
}

/** Whether it is that of another origin than the one that was asked. */
export function isElsewhere(outcome: unknown): boolean {
  return elsewhere.has(outcome as object);
}
