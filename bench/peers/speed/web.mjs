/** By its path: the nearest package.json is not the one that is called resilient-fetch. */
export const library = () => import('../../../dist/index.js');

/** Every policy of ours switched off, and telemetry. */
export const nothing = {
  timeout: false,
  retry: false,
  retryBudget: false,
  circuitBreaker: false,
  telemetry: false,
};

/** Our option for a wait before each retry that is always the same. */
export function constantWait(wait) {
  if (wait === undefined) return {};
  return { retry: { backoff: { type: 'constant', base: wait, jitter: 'none' } } };
}

/** 429 and 5xx: what those are told to retry that know nothing of HTTP. */
export const isFailure = ({ status }) => status === 429 || status >= 500;

/** How what is called as fetch is has its answers read, each in the way that its Response offers. */
export function bodiesOf(send) {
  return {
    // no async function, which would make the stack of an error that passes through one frame deeper
    json: (url) => send(url).then((response) => response.json()),
    bytes: async (url) => (await (await send(url)).arrayBuffer()).byteLength,
    stream: async (url) => (await send(url)).body,
    post: async (url, value) => {
      const headers = { 'content-type': 'application/json' };
      return (await send(url, { method: 'POST', headers, body: JSON.stringify(value) })).json();
    },
  };
}
