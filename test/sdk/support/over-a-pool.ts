import * as library from '../../../dist/index.js';

export * from '../../../dist/index.js';

type Options = Parameters<typeof library.createClient>[0];

/** The same library, of which every client has connections of its own, and so the transport that goes with them. */
export const createClient: typeof library.createClient = (options?: Options) =>
  library.createClient({ pool: true, ...options });

export const resilientFetch: typeof library.resilientFetch = createClient();
