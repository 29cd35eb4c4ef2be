import { check } from './check.ts';
import { Ambient } from './core/ambient.ts';
import { ambientNow, runInside, runOutside } from './core/inside.ts';
import { type ContextOptions, context } from './options/context.ts';

/** The context that code runs in. */
export interface CallContext {
  /** Aborts when the context ends, for work that is no call of a client: a query, a child process. */
  readonly signal: AbortSignal;
  /** Milliseconds until its deadline, never below 0; `Infinity` where there is none. */
  readonly timeLeft: number;
  /** Which try of its caller's this work is; 1 for the first. */
  readonly attempt: number;
}

const names = Object.keys(context.entries);

/**
 * Runs work that has so many milliseconds: every call that is made inside, by any client and however deep, has what is
 * left of them at the most. The work itself is not cut off: it ends as its calls do, or by `signal`.
 *
 * @throws OptionsError
 */
export function withDeadline<T>(milliseconds: number, work: (context: CallContext) => T): T {
  return withContext({ deadline: milliseconds }, work);
}

/**
 * Runs work whose calls share a deadline and a cancellation. Inside another context it can only make things stricter. It
 * lasts until what `work` returns has settled, and for the calls that are still under way then, their bodies included.
 *
 * @throws OptionsError
 */
export function withContext<T>(options: ContextOptions, work: (context: CallContext) => T): T {
  const rule = check<ContextOptions>(context, options, names);
  const ambient = new Ambient(rule, ambientNow());
  return runInside(ambient, () => work(viewOf(ambient)));
}

/**
 * Runs work that belongs to nobody, whoever happened to begin it: the refreshing of a cache that others use as well, a
 * loop that goes on for ever.
 */
export function withoutContext<T>(work: () => T): T {
  return runOutside(work);
}

/** The context that the code runs in which asks, if there is one. */
export function currentContext(): CallContext | undefined {
  const ambient = ambientNow();
  return ambient && viewOf(ambient);
}

function viewOf({ stop, deadline, attempt }: Ambient): CallContext {
  return {
    get signal() {
      return stop.signal;
    },
    get timeLeft() {
      return Math.max(0, deadline - performance.now());
    },
    attempt,
  };
}
