import { STATUS_CODES } from 'node:http';
import { Stop, sleep } from '../core/stop.ts';
import type { Fault } from './fault.ts';
import { faultSource, type Injection } from './fault-source.ts';
import { networkError } from './network-error.ts';
import { type AskedRequest, checkFaultOptions, type FaultOptions } from './options.ts';
import { likeFetched, truncated } from './truncated.ts';

type Input = string | URL | Request;

/** A fetch that something goes wrong with now and then. It remembers what. */
export interface FaultyFetch {
  (input: Input, init?: RequestInit): Promise<Response>;
  /** How many requests it was asked for. */
  readonly requests: number;
  /** Every fault, in the order of the requests. */
  readonly injected: readonly Injection[];
}

/**
 * Injects faults into a share of the requests that a fetch is asked for. What comes of them can't be told from the
 * platform's own: the same errors with the same `cause.code`, a Response where it was a status. A request that is hit by an
 * `error` or a `status` is not sent; one that is hit by a `reset` is, since that is what makes a reset hard. Which requests
 * are hit depends on the seed, and on the method and URL (without its port) and how often those were asked for.
 *
 * @param fetch is the one that is used from then on; for one that msw replaces later, give `(input, init) => fetch(input, init)`.
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export function withFaults(fetch: typeof globalThis.fetch, options: FaultOptions): FaultyFetch {
  const source = faultSource(checkFaultOptions(options));

  async function faulty(input: Input, init?: RequestInit): Promise<Response> {
    const request = askedOf(input, init);
    const fault = request && source.next(request);
    if (!fault) return fetch(input, init);
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    return happen(fault, request.url, { fetch, input, init, signal });
  }

  return Object.defineProperties(faulty as FaultyFetch, {
    requests: { get: () => source.requests },
    injected: { get: () => source.injected },
  });
}

interface Sending {
  readonly fetch: typeof globalThis.fetch;
  readonly input: Input;
  readonly init: RequestInit | undefined;
  readonly signal: AbortSignal | undefined;
}

async function happen(fault: Fault, url: URL, sending: Sending): Promise<Response> {
  const { fetch, input, init, signal } = sending;
  if (fault.kind === 'error') throw networkError(fault.code, url);
  if (fault.kind === 'status') {
    await swallow(input, init);
    return answerOf(fault, url);
  }
  if (fault.kind === 'latency') {
    const stop = Stop.by(signal);
    await sleep(fault.milliseconds, stop).finally(() => stop.release());
    return fetch(input, init);
  }
  const response = await fetch(input, init);
  if (fault.kind === 'truncation') return truncated(response, fault.share);
  await response.body?.cancel();
  throw networkError('ECONNRESET', url);
}

/** Reads the body as a server would have, so that one that can be sent only once counts as sent. */
async function swallow(input: Input, init: RequestInit | undefined): Promise<void> {
  const { body } = new Request(input, init);
  if (body) await new Response(body).arrayBuffer();
}

function answerOf(
  { status, retryAfter }: Extract<Fault, { kind: 'status' }>,
  { href: url }: URL,
): Response {
  const headers = new Headers({ 'content-type': 'text/plain;charset=UTF-8' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  const made = new Response(`answer ${status}`, {
    ...{ status, statusText: STATUS_CODES[status] ?? '', headers },
  });
  return likeFetched(made, { url, redirected: false, type: 'basic' });
}

/** Whatever goes to no server has no faults. */
function askedOf(input: Input, init: RequestInit | undefined): AskedRequest | undefined {
  const from: { url: string; method?: string } =
    typeof input === 'string' || input instanceof URL ? { url: String(input) } : input;
  const url = URL.parse(from.url);
  if (!url || !/^https?:$/.test(url.protocol)) return undefined;
  return { method: (init?.method ?? from.method ?? 'GET').toUpperCase(), url };
}
