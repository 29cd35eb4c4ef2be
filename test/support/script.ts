/** One answer of a scripted fetch: a status, a Response, an error to throw, or a function that gives either. */
export type Line =
  | number
  | Response
  | Error
  | ((input: unknown, init: RequestInit | undefined) => Response | Promise<Response>);

export interface Script {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** What each request was sent with, in order; its length is the number of requests that left. */
  readonly requests: { readonly at: number; readonly input: unknown; readonly init: RequestInit }[];
}

/** A fetch that answers line by line; the last line answers for ever. It hears its signal, as a fetch does. */
export function script(...lines: Line[]): Script {
  const requests: Script['requests'] = [];
  const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
    const line = lines[Math.min(requests.length, lines.length - 1)];
    requests.push({ at: performance.now(), input, init });
    if (typeof line === 'function') return line(input, init);
    if (line instanceof Error) throw line;
    if (line instanceof Response) return line.clone();
    return new Response(line === 204 ? null : `answer ${requests.length}`, { status: line ?? 200 });
  };
  return Object.assign(fetch, { requests });
}

/** Never answers; rejects when it is told to stop, as fetch does. */
export function hang(_: unknown, init: RequestInit | undefined): Promise<Response> {
  return new Promise((_, reject) => {
    const { signal } = init ?? {};
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** An error of the network as the platform's fetch throws it. */
export function networkError(code: string, details: object = {}): TypeError {
  return new TypeError('fetch failed', {
    cause: Object.assign(new Error(code), { code }, details),
  });
}

/**
 * A fetch that answers for each host by a script of its own, the last line for ever. Beside the requests of all hosts in
 * order it tells where they went: a host with the milliseconds since the first request.
 */
export function scriptByHost(lines: Record<string, Line | readonly Line[]>) {
  const scripts = new Map(
    Object.entries(lines).map(([host, given]) => [host, script(...[given].flat())]),
  );
  const all = script((input, init) => {
    const { host } = new URL((input as Request).url ?? String(input));
    const own = scripts.get(host);
    if (!own) throw new Error(`nobody answers for ${host}`);
    return own(input as Request, init);
  });
  const urls = () => all.requests.map(({ input }) => (input as Request).url ?? String(input));
  return Object.assign(all, {
    urls,
    hosts: () => urls().map((url) => new URL(url).host),
    /** When each request left, from the first. */
    times: () => all.requests.map(({ at }) => Math.round(at - (all.requests[0]?.at ?? 0))),
  });
}
