import { type Client, createClient } from 'resilient-fetch';

/** A client that does all that it can, with connections of its own. */
export function everythingOn(): Client {
  return createClient({
    pool: true,
    timeout: { body: 5_000 },
    concurrency: { max: 10, hold: 'body' },
    hedge: true,
    throttle: true,
    random: () => 0.9, // the throttle refuses by lot, and must not here
    propagation: true,
    retry: { resume: true, retryAfter: { scope: 'origin' } },
  });
}
