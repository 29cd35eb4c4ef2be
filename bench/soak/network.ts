import { setImmediate as turn } from 'node:timers/promises';
import { withFaults } from 'resilient-fetch/testing';

/** How many requests one source of faults is asked for: it remembers each fault, and so is not to live as long as a soak. */
const life = 1_000;

/** How long a place is well or ill, in milliseconds, and how many such spells it takes until it is ill again. */
const spell = 250;
const spells = 7;

const large = 'x'.repeat(5_000);

export interface Network {
  readonly fetch: typeof globalThis.fetch;
  /** Requests that were asked for. */
  readonly requests: number;
}

/**
 * Hosts within this process, all of which answer, slowly, wrongly, in part or not at all, as chance and the faults of
 * `resilient-fetch/testing` have it. It hears its signal as the platform's fetch does. One host in seven is wholly down at
 * any time, so that circuits have a reason to open and to close.
 */
export function openNetwork(seed: number, draw: () => number): Network {
  let requests = 0;
  let faulty = renewed();

  function renewed() {
    return withFaults(answer, {
      seed: (seed + requests) % 2 ** 32,
      rate: 0.15,
      latency: [1, 60],
      statuses: [429, 500, 502, 503, 504],
    });
  }

  async function answer(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
    const { signal, body } = init;
    const url = new URL(String(input));
    if (body && typeof body === 'object') await new Response(body).arrayBuffer();
    const luck = draw();
    if (luck < 0.005) return silence(signal);
    if (luck < 0.6) await turn();
    else await pause(draw() * 6, signal);
    if (signal?.aborted) throw signal.reason;
    if (isIll(url.hostname)) return refuse(draw());
    if (luck > 0.99) return new Response(stalling(signal), { headers: { etag: '"1"' } });
    if (luck < 0.5) return new Response(null, { status: 204 });
    return new Response(luck > 0.9 ? large : 'ok', { headers: { etag: '"1"' } });
  }

  return {
    async fetch(input, init) {
      if (++requests % life === 0) faulty = renewed();
      return faulty(input, init);
    },
    get requests() {
      return requests;
    },
  };
}

function isIll(host: string): boolean {
  const own = [...host].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  return (Math.floor(performance.now() / spell) + own) % spells === 0;
}

function refuse(luck: number): Response {
  if (luck < 0.5) return new Response('ill', { status: 503 });
  const headers = { 'retry-after-ms': luck > 0.9 ? '150' : String(Math.ceil(luck * 20)) };
  return new Response('later', { status: luck < 0.7 ? 429 : 503, headers });
}

function silence(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * A body that begins and then says no more. Its signal does not hold it, as the platform's own does not: one that is dropped
 * has to be found by the collector.
 */
function stalling(signal: AbortSignal | null | undefined): ReadableStream<Uint8Array> {
  let letGo = () => {};
  return new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(100));
      const held = new WeakRef(controller);
      const end = () => held.deref()?.error(signal?.reason);
      signal?.addEventListener('abort', end, { once: true });
      letGo = () => signal?.removeEventListener('abort', end);
    },
    cancel: () => letGo(),
  });
}

function pause(milliseconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal?.addEventListener('abort', end, { once: true });
  });
}
