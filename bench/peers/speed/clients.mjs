import { bodiesOf } from './web.mjs';

// Clients, each in its own idiom: with the retries and the timeout of its documentation (3 retries, 10 s), and without
// any policy.

const timeout = 10_000;

const kys = async (options) => {
  const { default: ky } = await import('ky');
  const client = ky.create(options);
  return {
    json: (url) => client(url).json(),
    bytes: async (url) => (await client(url).arrayBuffer()).byteLength,
    stream: async (url) => (await client(url)).body,
    post: (url, json) => client.post(url, { json }).json(),
  };
};

const gots = async (options) => {
  const { default: got } = await import('got');
  const client = got.extend(options);
  return {
    json: (url) => client(url).json(),
    bytes: async (url) => (await client(url).buffer()).byteLength,
    stream: async (url) => client.stream(url),
    post: (url, json) => client.post(url, { json }).json(),
  };
};

const axioses = async (options, retries) => {
  const { default: axios } = await import('axios');
  const client = axios.create(options);
  if (retries) (await import('axios-retry')).default(client, retries);
  return {
    json: async (url) => (await client.get(url)).data,
    bytes: async (url) => (await client.get(url, { responseType: 'arraybuffer' })).data.byteLength,
    stream: async (url) => (await client.get(url, { responseType: 'stream' })).data,
    post: async (url, value) => (await client.post(url, value)).data,
  };
};

const ofetches = async (options) => {
  const { ofetch } = await import('ofetch');
  const client = ofetch.create(options);
  return {
    json: (url) => client(url),
    bytes: async (url) => (await client(url, { responseType: 'arrayBuffer' })).byteLength,
    stream: (url) => client(url, { responseType: 'stream' }),
    post: (url, body) => client(url, { method: 'POST', body }),
  };
};

const ffetches = async (options) => {
  const { default: ffetch } = await import('@fetchkit/ffetch');
  return bodiesOf(ffetch(options));
};

// as many sockets as calls, as with all the others: it has 15 by default
const happenings = async (options) => {
  const { default: makeFetchHappen } = await import('make-fetch-happen');
  const maxSockets = Number.POSITIVE_INFINITY;
  return bodiesOf(makeFetchHappen.defaults({ maxSockets, ...options }));
};

export const clients = [
  {
    name: 'got',
    packages: ['got'],
    about: '`retry: { limit: 3 }, timeout: { request: 10_000 }`',
    policies: ['retry', 'timeout'],
    open: (wait) => {
      const calculateDelay = ({ computedValue }) => computedValue && wait;
      const retry = { limit: 3, ...(wait !== undefined && { calculateDelay }) };
      return gots({ retry, timeout: { request: timeout } });
    },
  },
  {
    name: 'got, bare',
    packages: ['got'],
    about: '`retry: { limit: 0 }`',
    policies: [],
    bare: true,
    open: () => gots({ retry: { limit: 0 } }),
  },
  {
    name: 'ky',
    packages: ['ky'],
    about: '`retry: { limit: 3 }`, and the timeout of 10 s that it has by itself',
    policies: ['retry', 'timeout'],
    open: (wait) => kys({ retry: { limit: 3, ...(wait !== undefined && { delay: () => wait }) } }),
  },
  {
    name: 'ky, bare',
    packages: ['ky'],
    about: '`retry: 0, timeout: false`',
    policies: [],
    bare: true,
    open: () => kys({ retry: 0, timeout: false }),
  },
  {
    name: 'axios + axios-retry',
    packages: ['axios', 'axios-retry'],
    about: '`timeout: 10_000`, `retries: 3`',
    policies: ['retry', 'timeout'],
    open: (wait) => {
      const retries = { retries: 3, ...(wait !== undefined && { retryDelay: () => wait }) };
      return axioses({ timeout }, retries);
    },
  },
  {
    name: 'axios, bare',
    packages: ['axios'],
    about: '`axios.create()`',
    policies: [],
    bare: true,
    open: () => axioses({}),
  },
  {
    name: 'ofetch',
    packages: ['ofetch'],
    about: '`retry: 3, timeout: 10_000`',
    policies: ['retry', 'timeout'],
    open: (wait) =>
      ofetches({ retry: 3, timeout, ...(wait !== undefined && { retryDelay: wait }) }),
  },
  {
    name: 'ofetch, bare',
    packages: ['ofetch'],
    about: '`retry: false`',
    policies: [],
    bare: true,
    open: () => ofetches({ retry: false }),
  },
  {
    name: 'ffetch',
    packages: ['@fetchkit/ffetch'],
    about: '`retries: 3, timeout: 10_000, circuit: { threshold: 5, reset: 30_000 }`',
    policies: ['retry', 'timeout', 'breaker'],
    open: (wait) => {
      const circuit = { threshold: 5, reset: 30_000 };
      return ffetches({
        retries: 3,
        timeout,
        circuit,
        ...(wait !== undefined && { retryDelay: wait }),
      });
    },
  },
  {
    name: 'ffetch, bare',
    packages: ['@fetchkit/ffetch'],
    about: '`retries: 0, timeout: 0`',
    policies: [],
    bare: true,
    open: () => ffetches({ retries: 0, timeout: 0 }),
  },
  {
    name: 'make-fetch-happen',
    packages: ['make-fetch-happen'],
    about: '`retry: { retries: 3 }, timeout: 10_000, maxSockets: Infinity`',
    policies: ['retry', 'timeout'],
    open: (wait) => {
      const waits = wait === undefined ? {} : { minTimeout: wait, maxTimeout: wait };
      return happenings({ retry: { retries: 3, ...waits }, timeout });
    },
  },
  {
    name: 'make-fetch-happen, bare',
    packages: ['make-fetch-happen'],
    about: '`retry: false, maxSockets: Infinity`',
    policies: [],
    bare: true,
    open: () => happenings({ retry: false }),
  },
];
