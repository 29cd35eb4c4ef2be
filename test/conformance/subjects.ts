import { createClient, resilientFetch } from 'resilient-fetch';

/** A fetch that is held to the platform's. */
export interface Subject extends AsyncDisposable {
  readonly name: string;
  readonly fetch: typeof globalThis.fetch;
}

/** What all are held to. Kept from before anything could have replaced it. */
export const platform: typeof globalThis.fetch = globalThis.fetch;

/** Everything that claims to be a fetch, each made when its turn comes. */
export const subjects = {
  resilientFetch: (): Subject => ({
    name: 'resilientFetch',
    fetch: resilientFetch,
    [Symbol.asyncDispose]: async () => {},
  }),
  ownPool: (): Subject => {
    const client = createClient({ pool: true });
    return {
      name: 'a client with a pool of its own',
      fetch: client,
      [Symbol.asyncDispose]: () => client.close(),
    };
  },
} as const;
