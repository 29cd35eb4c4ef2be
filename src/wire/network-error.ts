/** What fetch rejects with where there is no answer. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError('fetch failed', {
    cause: isError(cause) ? cause : new Error(textOf(cause)),
  });
}

/** What a read rejects with where an answer broke off. */
export function terminated(cause: unknown): TypeError {
  return new TypeError('terminated', { cause: isError(cause) ? cause : undefined });
}

function isError(cause: unknown): cause is Error {
  return cause instanceof Error || cause instanceof DOMException;
}

function textOf(cause: unknown): string | undefined {
  return cause ? String(cause) : undefined;
}
