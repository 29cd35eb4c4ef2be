/** What fetch rejects with where there is no answer. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', { cause });
}

/** What a read rejects with where an answer broke off. */
export function terminated(cause: unknown): TypeError {
  return new TypeError('terminated', { cause });
}
