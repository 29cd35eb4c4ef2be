import { AsyncLocalStorage } from 'node:async_hooks';
import { Ambient } from '../core/ambient.ts';
import { Returned } from '../core/answer.ts';
import { beginAttempt, endAttempt } from '../core/attempt.ts';
import type { Context } from '../core/context.ts';
import { discard } from '../core/discard.ts';
import { runInside } from '../core/inside.ts';
import type { Send } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { Stop, sleep, stoppable } from '../core/stop.ts';
import { isResponse } from '../decisions/fallback.ts';

/** What a function is told of the attempt that it is. */
export interface Attempt {
  /** 1 for the first try. */
  readonly attempt: number;
  /** Aborted when the attempt is given up: its time or that of the call is over, or the caller stopped it. */
  readonly signal: AbortSignal;
  /** Absolute milliseconds of `performance.now()` after which no result is wanted; `Infinity` where nothing bounds it. */
  readonly deadline: number;
  /** The same on every attempt of one call, and of no other. */
  readonly idempotencyKey: string;
}

/** A function that is ready to be called, any number of times. */
export type Run = (attempt: Attempt) => unknown;

const current = new AsyncLocalStorage<Attempt>();

/**
 * The attempt that this code is a part of: for a function that keeps its arguments, as one of `retryable` does, and so is
 * not given it. `undefined` outside of any.
 */
export function currentAttempt(): Attempt | undefined {
  return current.getStore();
}

/**
 * One call of a function. The innermost of all, as the transport is for a request: here an attempt begins, ends, and is
 * written into the call's log. A function may be deaf to its signal, so the attempt ends at once without it; what comes of
 * the function later is nobody's, a failure too.
 */
export function invocation(run: Run, key: () => string, runtime: Runtime): Send<Returned> {
  let before: Ambient | undefined;
  return async function invocation(request, context) {
    const { stop, deadline } = context;
    if (stop.aborted) throw stop.reason;
    const start = performance.now();
    // in a process that stood still, what waited goes on before the timer of its deadline does
    if (start >= deadline) await sleep(0, stop);
    const entry = beginAttempt(start, request, context, runtime);
    const ambient = insideOf(context, before);
    before = ambient;
    try {
      const value = await stoppable(begun(run, attemptOf(context, key), ambient), stop, drop);
      const response = new Returned(value);
      endAttempt(entry, start, { response }, request, context, runtime);
      return response;
    } catch (error) {
      endAttempt(entry, start, { error }, request, context, runtime);
      throw error;
    }
  };
}

/**
 * What the calls of an attempt are held to: they have the time that it has, and end with it. Those that follow one which
 * failed for all its retries are not retried: the function is, and each layer would multiply what the next one does. An
 * attempt that failed for a reason of its own takes nothing from them.
 */
function insideOf(
  { stop, deadline, attempt, ambient: outer }: Context,
  before: Ambient | undefined,
): Ambient {
  const nested = before !== undefined && (before.nested || before.gaveUp);
  return new Ambient({ stop, deadline: deadline - performance.now(), attempt, nested }, outer);
}

/** Whatever a function does, throwing at once included, as a promise. */
async function begun(run: Run, attempt: Attempt, ambient: Ambient): Promise<unknown> {
  const value = await runInside(ambient, () => current.run(attempt, () => run(attempt)));
  ambient.lift();
  return value;
}

/** What comes too late is nobody's; a Response among it would hold its connection. */
function drop(value: unknown): void {
  if (isResponse(value)) discard(value);
}

/** Signal and key are made where they are asked for. */
function attemptOf({ attempt, stop, deadline }: Context, key: () => string): Attempt {
  const own = stop === Stop.never ? stop.child() : stop;
  return {
    attempt,
    deadline,
    get signal() {
      return own.signal;
    },
    get idempotencyKey() {
      return key();
    },
  };
}
