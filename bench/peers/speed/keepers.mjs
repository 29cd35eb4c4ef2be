import { isFailure, library } from './web.mjs';

/** Those that can keep a breaker for each origin: ours does, for the others it takes a Map. All with retries. */
export const keepers = [
  {
    name: 'resilient-fetch',
    about: '`createClient({ maxOrigins })`',
    open: async (send) => {
      const { createClient } = await library();
      const backoff = { type: 'constant', base: 1, jitter: 'none' };
      return createClient({ fetch: send, maxOrigins: 100_000, retry: { backoff } });
    },
  },
  {
    name: 'cockatiel, a Map',
    about: 'a retry and a `ConsecutiveBreaker(5)` for each origin',
    open: async (send) => {
      const cockatiel = await import('cockatiel');
      const failures = cockatiel.handleAll.orWhenResult(isFailure);
      const backoff = new cockatiel.ConstantBackoff(1);
      const retry = cockatiel.retry(failures, { maxAttempts: 3, backoff });
      const open = () => {
        const breaker = new cockatiel.ConsecutiveBreaker(5);
        const circuit = cockatiel.circuitBreaker(failures, { halfOpenAfter: 10_000, breaker });
        return cockatiel.wrap(retry, circuit);
      };
      return byOrigin(open, (policy, url) => policy.execute(() => send(url)));
    },
  },
  {
    name: 'opossum, a Map',
    about: 'p-retry, and an opossum for each origin with `volumeThreshold: 10`',
    open: async (send) => {
      const [{ default: pRetry }, { default: CircuitBreaker }] = await Promise.all([
        import('p-retry'),
        import('opossum'),
      ]);
      const attempt = async (url) => {
        const response = await send(url);
        if (isFailure(response)) throw new Error(response.statusText);
        return response;
      };
      const open = () => new CircuitBreaker(attempt, { volumeThreshold: 10 });
      const options = { retries: 3, minTimeout: 1, factor: 1 };
      const fire = (breaker, url) => pRetry(() => breaker.fire(url), options);
      return byOrigin(open, fire, (breaker) => breaker.shutdown());
    },
  },
];

function byOrigin(open, call, close = () => {}) {
  const kept = new Map();
  const send = async (url) => {
    const { origin } = new URL(url);
    let one = kept.get(origin);
    if (!one) {
      one = open();
      kept.set(origin, one);
    }
    return call(one, url);
  };
  return Object.assign(send, { close: () => kept.values().forEach(close) });
}
