import { bodiesOf, isFailure } from './web.mjs';

/** Policies of one package put around the fetch of another, as their documentation shows. */
export const assembled = [
  {
    name: 'cockatiel + fetch',
    packages: ['cockatiel'],
    about:
      "`wrap(retry, circuitBreaker, timeout)` around the platform's fetch: 3 retries, `ConsecutiveBreaker(5)`, 10 s, 429 and 5xx as failures",
    policies: ['retry', 'timeout', 'breaker'],
    open: async (wait) => {
      const cockatiel = await import('cockatiel');
      const { ConstantBackoff, ExponentialBackoff, TimeoutStrategy } = cockatiel;
      const failures = cockatiel.handleAll.orWhenResult(isFailure);
      const backoff = wait === undefined ? new ExponentialBackoff() : new ConstantBackoff(wait);
      const breaker = new cockatiel.ConsecutiveBreaker(5);
      const policy = cockatiel.wrap(
        cockatiel.retry(failures, { maxAttempts: 3, backoff }),
        cockatiel.circuitBreaker(failures, { halfOpenAfter: 10_000, breaker }),
        // or it would abort the body of each answer
        cockatiel.timeout(10_000, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false }),
      );
      return bodiesOf((url, init) =>
        policy.execute(({ signal }) => fetch(url, { ...init, signal })),
      );
    },
  },
  {
    name: 'p-retry + opossum',
    packages: ['p-retry', 'opossum', 'undici'],
    about:
      '`pRetry(() => breaker.fire(url), { retries: 3 })`, the breaker an opossum as it comes but for `volumeThreshold: 10`, around undici.fetch that throws on 429 and 5xx',
    policies: ['retry', 'timeout', 'breaker'],
    open: async (wait) => {
      const [{ default: pRetry }, { default: CircuitBreaker }, { fetch }] = await Promise.all([
        import('p-retry'),
        import('opossum'),
        import('undici'),
      ]);
      const attempt = async (url, init) => {
        const response = await fetch(url, init);
        if (isFailure(response)) throw new Error(response.statusText);
        return response;
      };
      const breaker = new CircuitBreaker(attempt, { volumeThreshold: 10 });
      const waits = wait === undefined ? {} : { minTimeout: wait, factor: 1 };
      return bodiesOf((url, init) =>
        pRetry(() => breaker.fire(url, init), { retries: 3, ...waits }),
      );
    },
  },
];
