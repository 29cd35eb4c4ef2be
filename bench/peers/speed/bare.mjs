import { bodiesOf } from './web.mjs';

/** What sends a request and no more: what the others stand on, or could. */
export const bare = [
  {
    name: 'undici.fetch',
    packages: ['undici'],
    about: '`fetch(url)` of the package',
    policies: [],
    open: async () => bodiesOf((await import('undici')).fetch),
  },
  {
    name: 'undici.request',
    packages: ['undici'],
    about: '`request(url)`; its own timeouts for headers and body (300 s) stay on',
    policies: [],
    open: async () => requestsBy((await import('undici')).request),
  },
  {
    name: 'fetch',
    packages: [],
    about: "the platform's `fetch(url)`",
    policies: [],
    open: () => bodiesOf(fetch),
  },
  {
    name: 'fetch, timeout',
    packages: [],
    about: '`fetch(url, { signal: AbortSignal.timeout(10_000) })`',
    policies: ['timeout'],
    open: () =>
      bodiesOf((url, init) => fetch(url, { ...init, signal: AbortSignal.timeout(10_000) })),
  },
  {
    name: 'undici.fetch, RetryAgent',
    packages: ['undici'],
    about:
      '`fetch(url, { dispatcher: new RetryAgent(new Agent(), { maxRetries: 3 }) })` of the package',
    policies: ['retry'],
    open: async (wait) => {
      const undici = await import('undici');
      const dispatcher = retryAgent(undici, wait);
      return bodiesOf((url, init) => undici.fetch(url, { ...init, dispatcher }));
    },
  },
  {
    name: 'undici.request, RetryAgent',
    packages: ['undici'],
    about: 'the same agent for `request(url)`',
    policies: ['retry'],
    open: async (wait) => {
      const undici = await import('undici');
      const dispatcher = retryAgent(undici, wait);
      return requestsBy((url, options) => undici.request(url, { ...options, dispatcher }));
    },
  },
];

function retryAgent({ Agent, RetryAgent }, wait) {
  const waits = wait === undefined ? {} : { minTimeout: wait, maxTimeout: wait };
  return new RetryAgent(new Agent(), { maxRetries: 3, ...waits });
}

function requestsBy(request) {
  return {
    json: async (url) => (await request(url)).body.json(),
    bytes: async (url) => (await (await request(url)).body.arrayBuffer()).byteLength,
    stream: async (url) => (await request(url)).body,
    post: async (url, value) => {
      const headers = { 'content-type': 'application/json' };
      const body = JSON.stringify(value);
      return (await request(url, { method: 'POST', headers, body })).body.json();
    },
  };
}
