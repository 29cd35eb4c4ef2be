import { type Fault, faultFor } from './fault.ts';
import { type AskedRequest, type FaultOptions, planOf } from './options.ts';

/** A fault that a request was given. */
export interface Injection {
  /** Which request it was; 1 for the first. */
  readonly request: number;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly fault: Fault;
}

/** Deals out faults to requests, and remembers which. */
export interface FaultSource {
  /** How many requests have asked for one. */
  readonly requests: number;
  readonly injected: readonly Injection[];
  next(request: AskedRequest): Fault | undefined;
}

/** How many places are counted apart; a run that calls more begins to count anew with the oldest. */
const most = 10_000;

export function faultSource(options: FaultOptions): FaultSource {
  const plan = planOf(options);
  const { only } = options;
  const times = new Map<string, number>();
  const injected: Injection[] = [];
  let requests = 0;

  function next(request: AskedRequest): Fault | undefined {
    const { method, url } = request;
    requests++;
    if (only && !only(request)) return undefined;
    const asked = `${method} ${url.hostname}${url.pathname}${url.search}`;
    const time = (times.get(asked) ?? 0) + 1;
    const [oldest] = times.size >= most && time === 1 ? times.keys() : [];
    if (oldest !== undefined) times.delete(oldest);
    times.set(asked, time);
    const fault = faultFor(plan, asked, time);
    if (fault) injected.push({ request: requests, method, path: url.pathname, fault });
    return fault;
  }

  return {
    injected,
    get requests() {
      return requests;
    },
    next,
  };
}
