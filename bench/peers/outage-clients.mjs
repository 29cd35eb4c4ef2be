// by its path: the nearest package.json is not the one that is called resilient-fetch
import { createClient } from '../../dist/index.js';

const attemptTimeout = 1_000;
const ours = { timeout: { attempt: attemptTimeout } };

/** Imported where it is measured: a process carries the code of one client alone. */
export const clients = {
  'resilient-fetch': async () => read(createClient(ours)),
  'resilient-fetch, no circuit breaker': async () => {
    return read(createClient({ ...ours, circuitBreaker: false }));
  },
  'no retries at all': async () => {
    return read((url) => fetch(url, { signal: AbortSignal.timeout(attemptTimeout) }));
  },
  ky: async () => {
    const { default: ky } = await import('ky');
    const retry = { limit: 3, retryOnTimeout: true };
    return read(ky.create({ timeout: attemptTimeout, totalTimeout: false, retry }));
  },
  got: async () => {
    const { default: got } = await import('got');
    const client = got.extend({ timeout: { request: attemptTimeout }, retry: { limit: 3 } });
    return (url) => client(url);
  },
  'axios + axios-retry': async () => {
    const [{ default: axios }, { default: axiosRetry }] = await Promise.all([
      import('axios'),
      import('axios-retry'),
    ]);
    const transitional = { clarifyTimeoutError: true };
    const client = axios.create({ timeout: attemptTimeout, transitional });
    axiosRetry(client, { retries: 3, shouldResetTimeout: true });
    return (url) => client.get(url);
  },
  'p-retry around fetch': async () => {
    const { default: pRetry } = await import('p-retry');
    const once = read((url) => fetch(url, { signal: AbortSignal.timeout(attemptTimeout) }));
    return (url) => pRetry(() => once(url), { retries: 3 });
  },
};

/** Reads the answer, and says by an exception that it was no success, as the others do. */
function read(send) {
  return async (url) => {
    const response = await send(url);
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`${response.status}`);
  };
}
