import type { ClientOptions, ResilientInit } from 'resilient-fetch';
import { bytesOf } from './allocation.ts';
import type { Row } from './row.ts';

const url = 'http://127.0.0.1:1/orders/1';
const inFlight = 16;
const { signal } = new AbortController();
const nothing: ClientOptions = {
  timeout: false,
  retry: false,
  retryBudget: false,
  circuitBreaker: false,
  telemetry: false,
};

interface Variant {
  readonly options: ClientOptions;
  readonly init?: ResilientInit;
}

const only = (options: ClientOptions, init?: ResilientInit): Variant => ({
  options: { ...nothing, ...options },
  ...(init && { init }),
});

/** Each alone over a client with nothing on; the last two are all of them. */
const variants: Readonly<Record<string, Variant>> = {
  'all off': only({}),
  'timeout.total': only({ timeout: { total: 30_000, attempt: false } }),
  'timeout.attempt': only({ timeout: { total: false, attempt: 10_000 } }),
  'timeout.body': only({ timeout: { total: false, attempt: false, body: 10_000 } }),
  retry: only({ retry: {} }),
  'retry, with its budget': only({ retry: {}, retryBudget: true }),
  'retry, retryAfter.scope: origin': only({ retry: { retryAfter: { scope: 'origin' } } }),
  circuitBreaker: only({ circuitBreaker: true }),
  'circuitBreaker, slowCallDuration': only({ circuitBreaker: { slowCallDuration: 5_000 } }),
  'hedge: 50': only({ hedge: 50 }),
  'hedge: true': only({ hedge: true }),
  'concurrency: 100': only({ concurrency: 100 }),
  'concurrency: adaptive': only({ concurrency: 'adaptive' }),
  throttle: only({ throttle: true }),
  fallback: only({ fallback: () => undefined }),
  propagation: only({ propagation: true }),
  'telemetry, no SDK': only({ telemetry: true }),
  "the caller's signal": only({}, { signal }),
  'options of one call': only({}, { resilience: { timeout: 2_000, retry: 5 } }),
  'as it comes': { options: {} },
  'everything on': {
    options: {
      retry: { retryAfter: { scope: 'origin' } },
      circuitBreaker: { slowCallDuration: 5_000 },
      hedge: true,
      concurrency: 'adaptive',
      throttle: true,
      propagation: true,
      fallback: () => undefined,
    },
  },
};

const answer: typeof fetch = async () => new Response(null, { status: 204 });

/** What each strategy costs a call that goes well, over a stub that answers at once. */
export const strategiesRow: Row = {
  id: 'strategies',
  title: 'Each strategy by itself',
  about:
    "A call against a `fetch` that answers at once, 16 in flight: what each option adds to a client with everything off, which is the first line, the answer of the stub included. Such a `fetch` is stopped by a signal of each attempt, which is most of what the timeouts and the hedge cost here; Node's own fetch and a pool are stopped without one.",
  names: Object.keys(variants),
  columns: [
    { key: 'nanoseconds', head: 'ns a call', digits: 0, over: 'all off' },
    { key: 'bytes', head: 'bytes a call', digits: 0, over: 'all off' },
  ],
  async measure(name, { sizes: { calls } }) {
    const variant = variants[name];
    if (!variant) throw new Error(`no strategy is called ${name}`);
    // the other rows' processes carry it only where it is what they measure
    const { createClient } = await import('resilient-fetch');
    const client = createClient({ fetch: answer, ...variant.options });
    const send = () => client(url, variant.init);
    await run(send, calls / 2);
    const before = process.cpuUsage();
    await run(send, calls);
    const { user, system } = process.cpuUsage(before);
    const bytes = await bytesOf(() => run(send, calls / 8));
    return { nanoseconds: ((user + system) * 1_000) / calls, bytes: (8 * bytes) / calls };
  },
};

async function run(send: () => Promise<Response>, calls: number): Promise<void> {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await send();
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
}
