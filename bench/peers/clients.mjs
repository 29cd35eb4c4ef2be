import { Readable } from 'node:stream';
import ffetch from '@fetchkit/ffetch';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import {
  ConsecutiveBreaker,
  ConstantBackoff,
  circuitBreaker,
  ExponentialBackoff,
  handleAll,
  noop,
  retry,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import got from 'got';
import ky from 'ky';
import { ofetch } from 'ofetch';
import CircuitBreaker from 'opossum';
import pRetry from 'p-retry';
import { Agent, RetryAgent, fetch as undiciFetch } from 'undici';
// by its path: the nearest package.json is not the one that is called resilient-fetch
import { createClient } from '../../dist/index.js';

/**
 * The clients, each used as its own documentation shows, with 3 retries and otherwise as it comes. `open` takes options in
 * the client's own words and gives what sends one request and reads its answer. `wait` is the option for a constant wait
 * before a retry. `variants` are options that change what an experiment shows; such a result stands behind a ○.
 */

const isFailure = ({ status }) => status === 429 || status >= 500;

const resilientFetch = {
  name: 'resilient-fetch',
  packages: ['resilient-fetch'],
  breaker: 'default',
  heedsRetryAfter: true,
  wait: (ms) => ({ retry: { backoff: { type: 'constant', base: ms, jitter: 'none' } } }),
  open(own = {}) {
    const client = createClient(own);
    return (request) => client(request.url, webInit(request)).then(read);
  },
};

const kyPeer = {
  name: 'ky',
  packages: ['ky'],
  heedsRetryAfter: true,
  wait: (ms) => ({ retry: { delay: () => ms } }),
  variants: {
    hang: {
      own: { timeout: 1_000, retry: { retryOnTimeout: true } },
      note: '`timeout: 1_000, retry: { retryOnTimeout: true }`',
    },
    tooLong: {
      own: { retry: { maxRetryAfter: 1_000 } },
      note: '`retry: { maxRetryAfter: 1_000 }`, which clamps',
    },
    jitter: { own: { retry: { jitter: true } }, note: '`retry: { jitter: true }`' },
  },
  open(own = {}) {
    const client = ky.create({ ...own, retry: { limit: 3, ...own.retry } });
    return (request) => client(request.url, webInit(request)).then(read);
  },
};

const gotPeer = {
  name: 'got',
  packages: ['got'],
  heedsRetryAfter: true,
  wait: (ms) => ({ retry: { calculateDelay: ({ computedValue }) => computedValue && ms } }),
  variants: {
    hang: { own: { timeout: { request: 1_000 } }, note: '`timeout: { request: 1_000 }`' },
    tooLong: {
      own: { retry: { maxRetryAfter: 1_000 } },
      note: '`retry: { maxRetryAfter: 1_000 }`',
    },
  },
  open(own = {}) {
    const client = got.extend({ ...own, retry: { limit: 3, ...own.retry } });
    return async ({ url, method, headers, signal, body, chunks }) => {
      const payload = chunks ? Readable.from(chunks()) : body;
      const options = { method, headers, signal, ...(payload && { body: payload }) };
      return { status: (await client(url, options)).statusCode };
    };
  },
};

const axiosPeer = {
  name: 'axios + axios-retry',
  packages: ['axios', 'axios-retry'],
  heedsRetryAfter: true,
  wait: (ms) => ({ retry: { retryDelay: () => ms } }),
  variants: {
    hang: {
      own: {
        axios: { timeout: 1_000, transitional: { clarifyTimeoutError: true } },
        retry: { shouldResetTimeout: true },
      },
      note: '`timeout: 1_000, transitional: { clarifyTimeoutError: true }` and `shouldResetTimeout: true`',
    },
    tooLong: { own: { axios: { timeout: 10_000 } }, note: '`timeout: 10_000`' },
    jitter: {
      own: { retry: { retryDelay: axiosRetry.exponentialDelay } },
      note: '`retryDelay: axiosRetry.exponentialDelay`',
    },
  },
  open(own = {}) {
    const client = axios.create(own.axios);
    axiosRetry(client, { retries: 3, ...own.retry });
    return async ({ url, method, headers, signal, body, chunks }) => {
      const data = chunks ? Readable.from(chunks()) : body;
      return { status: (await client({ url, method, headers, signal, data })).status };
    };
  },
};

const ofetchPeer = {
  name: 'ofetch',
  packages: ['ofetch'],
  wait: (ms) => ({ retryDelay: ms }),
  variants: {
    post: { own: { retry: undefined }, note: 'no `retry` option at all' },
    hang: { own: { timeout: 1_000 }, note: '`timeout: 1_000`' },
  },
  open(own = {}) {
    const client = ofetch.create({ retry: 3, ...own });
    return async (request) => ({
      status: (await client.raw(request.url, webInit(request))).status,
    });
  },
};

const ffetchBreaker = {
  own: { circuit: { threshold: 5, reset: 30_000 } },
  note: '`circuit: { threshold: 5, reset: 30_000 }`',
};

const ffetchPeer = {
  name: 'ffetch',
  packages: ['@fetchkit/ffetch'],
  breaker: ffetchBreaker,
  heedsRetryAfter: true,
  wait: (ms) => ({ retryDelay: ms }),
  variants: {
    breaker: ffetchBreaker,
  },
  open(own = {}) {
    const client = ffetch({ retries: 3, ...own });
    return (request) => client(request.url, webInit(request)).then(read);
  },
};

const cockatielPeer = {
  name: 'cockatiel',
  packages: ['cockatiel'],
  about:
    'cockatiel: around fetch, with the retry and the breaker of its README, told by `orWhenResult` that 429 and 5xx are failures.',
  breaker: 'default',
  wait: (ms) => ({ backoff: new ConstantBackoff(ms) }),
  variants: {
    hang: {
      own: {
        attempt: timeout(1_000, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false }),
      },
      note: 'a third policy, `timeout(1_000, { strategy: TimeoutStrategy.Cooperative, abortOnReturn: false })`',
    },
  },
  open({ backoff = new ExponentialBackoff(), attempt = noop } = {}) {
    const failures = handleAll.orWhenResult(isFailure);
    const breaker = new ConsecutiveBreaker(5);
    const policy = wrap(
      retry(failures, { maxAttempts: 3, backoff }),
      circuitBreaker(failures, { halfOpenAfter: 10_000, breaker }),
      attempt,
    );
    return (request) => {
      const init = webInit(request);
      return policy
        .execute(({ signal }) => fetch(request.url, { ...init, signal }), request.signal)
        .then(read);
    };
  },
};

const undiciPeer = {
  name: 'undici RetryAgent',
  packages: ['undici'],
  about: 'undici: `request` of a RetryAgent, as its documentation shows.',
  heedsRetryAfter: true,
  wait: (ms) => ({ retry: { minTimeout: ms, maxTimeout: ms } }),
  variants: {
    hang: {
      own: {
        agent: { headersTimeout: 1_000 },
        retry: { errorCodes: ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'] },
      },
      note: "`headersTimeout: 1_000` and `errorCodes: […, 'UND_ERR_HEADERS_TIMEOUT']`",
    },
    tooLong: {
      own: { retry: { maxTimeout: 1_000 } },
      note: '`maxTimeout: 1_000`, which clamps (30,000 by default)',
    },
  },
  open(own = {}) {
    const agent = new RetryAgent(new Agent(own.agent), { maxRetries: 3, ...own.retry });
    return async ({ url, method, headers, signal, body, chunks }) => {
      const { origin, pathname } = new URL(url);
      const payload = chunks ? Readable.from(chunks()) : body;
      const options = { origin, path: pathname, method, headers, signal, body: payload };
      const answer = await agent.request(options);
      await answer.body.text();
      return { status: answer.statusCode };
    };
  },
};

const byHand = {
  name: 'by hand',
  packages: ['undici', 'p-retry', 'opossum'],
  about:
    "by hand: `pRetry(() => breaker.fire(…), { retries: 3, signal })`, the breaker an opossum around undici's fetch that throws on 429 and 5xx and has `volumeThreshold: 10`.",
  breaker: 'default',
  wait: (ms) => ({ retry: { minTimeout: ms, factor: 1 } }),
  variants: {
    recovery: {
      own: { breaker: { volumeThreshold: 0 } },
      note: "opossum's own default, `volumeThreshold: 0`",
    },
    jitter: { own: { retry: { randomize: true } }, note: '`randomize: true`' },
  },
  open(own = {}) {
    const attempt = async (url, init) => {
      const response = await undiciFetch(url, init);
      if (isFailure(response)) throw new Error(response.statusText);
      return response;
    };
    const breaker = new CircuitBreaker(attempt, { volumeThreshold: 10, ...own.breaker });
    return async (request) => {
      const init = webInit(request);
      const options = { retries: 3, signal: request.signal, ...own.retry };
      return read(await pRetry(() => breaker.fire(request.url, init), options));
    };
  },
};

export const peers = [
  resilientFetch,
  kyPeer,
  gotPeer,
  axiosPeer,
  ofetchPeer,
  ffetchPeer,
  cockatielPeer,
  undiciPeer,
  byHand,
];

/** The init of a fetch. A body in chunks is a stream that can be read once. */
function webInit({ method, headers, signal, body, chunks }) {
  const stream = chunks && { body: ReadableStream.from(chunks()), duplex: 'half' };
  return { method, headers, signal, ...(body && { body }), ...stream };
}

async function read(response) {
  await response.arrayBuffer();
  return { status: response.status };
}
