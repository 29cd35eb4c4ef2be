import { AsyncLocalStorage } from 'node:async_hooks';
import { withContext } from 'resilient-fetch';

/** What the line of a request in the log will tell, beside how it ended. */
export class Scope {
  /** Requests that left for its sake, retries and second copies among them. */
  attempts = 0;
  /** Parts of the answer that stand in for better ones. */
  readonly degraded = new Set<string>();
}

/** Whose request it is that something happens for, where no argument could say so: in the listener of an event. */
export const scopes = new AsyncLocalStorage<Scope>();

/**
 * Parts of one answer that are fetched at the same time. Where one of them fails there will be no answer, so the others
 * are ended at once, and nothing goes on in the background when the request is over.
 */
export function together<const Parts extends readonly unknown[]>(
  ask: () => { [Index in keyof Parts]: Promise<Parts[Index]> },
): Promise<Parts> {
  const end = new AbortController();
  return withContext({ signal: end.signal }, async () => {
    const parts = ask();
    try {
      return (await Promise.all(parts)) as unknown as Parts;
    } catch (error) {
      end.abort(new Error('another part of the answer failed'));
      await Promise.allSettled(parts);
      throw error;
    }
  });
}
