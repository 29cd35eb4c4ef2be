import type { AttemptLog } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import { discard } from '../core/discard.ts';
import { labelOf, type Outcome } from '../core/outcome.ts';
import { isRequest, markedInit, type Outgoing } from '../core/outgoing.ts';
import type { Send } from '../core/pipeline.ts';
import { attemptEvent, type Runtime } from '../core/runtime.ts';
import { Stop, sleep, stoppable } from '../core/stop.ts';
import {
  type Dispatcher,
  isNodeFetch,
  RevocableDispatch,
  seesDispatcher,
} from './revocable-dispatch.ts';

/** Opens the way to an attempt's connections: what `fetch` is to be given as `dispatcher`. */
export type OpenPool = () => Promise<unknown> | undefined;

/**
 * One fetch. The innermost of all: here an attempt begins, ends, and is written into the call's log.
 *
 * The fetch may be anybody's, so this is the one place that does not trust it to hear that it must stop: where it does
 * not, the attempt still ends at once, and an answer that comes too late is thrown away.
 *
 * @param lookUp gives the fetch to use, at each attempt.
 */
export function transport(
  lookUp: (request: Outgoing) => typeof globalThis.fetch,
  openPool: OpenPool | undefined,
  runtime: Runtime,
): Send {
  return async function transport(request, context) {
    const { stop, deadline } = context;
    if (stop.aborted) throw stop.reason;
    const start = performance.now();
    // in a process that stood still, what waited goes on before the timer of its deadline does
    if (start >= deadline) await sleep(0, stop);
    const entry = begin(start, request, context);
    try {
      const opening = hasDispatcher(request) ? undefined : openPool?.();
      const pool = opening && (await stoppable(opening, stop));
      if (stop.aborted) throw stop.reason;
      const response = await send(lookUp(request), request, stop, pool);
      end(entry, start, { response }, request, context);
      return response;
    } catch (error) {
      end(entry, start, { error }, request, context);
      throw error;
    }
  };

  function begin(start: number, request: Outgoing, context: Context): AttemptLog {
    const { attempt, hedge, origin, log } = context;
    const entry: AttemptLog = { attempt, at: log.at(start), outcome: 'pending', duration: 0 };
    if (hedge > 0) entry.hedge = true;
    if (origin !== log.origin) entry.origin = origin;
    log.attempts.push(entry);
    context.onLeave?.();
    if (runtime.events.heard('attempt.started')) {
      runtime.events.emit('attempt.started', attemptEvent(runtime, context, request));
    }
    return entry;
  }

  function end(
    entry: AttemptLog,
    start: number,
    outcome: Outcome,
    request: Outgoing,
    context: Context,
  ): void {
    entry.duration = performance.now() - start;
    entry.outcome = labelOf(outcome);
    if (!outcome.response) entry.error = outcome.error;
    if (runtime.events.heard('attempt.ended')) {
      const { duration } = entry;
      runtime.events.emit('attempt.ended', {
        ...attemptEvent(runtime, context, request),
        outcome: entry.outcome,
        duration,
      });
    }
  }
}

interface WithDispatcher {
  readonly dispatcher?: Dispatcher;
}

/** Whether the caller brought connections of his own. */
function hasDispatcher({ init }: Outgoing): boolean {
  return (init as WithDispatcher).dispatcher !== undefined;
}

/** Sends, and sees to it that the attempt can be stopped, at the lowest price. */
function send(
  fetch: typeof globalThis.fetch,
  request: Outgoing,
  stop: Stop,
  pool: unknown,
): Promise<Response> {
  const { input, init, marks } = request;
  const target = (pool ?? (init as WithDispatcher).dispatcher) as Dispatcher | undefined;
  const revocable = isNodeFetch(fetch) && (target !== undefined || seesDispatcher());
  if (stop === Stop.never || stop.lasting || isRequest(input) || !revocable) {
    const own = pool ? { ...markedInit(request), dispatcher: pool } : markedInit(request);
    if (stop === Stop.never) {
      return Promise.resolve(
        fetch(input, (isRequest(input) ? { ...own, signal: null } : own) as object),
      );
    }
    const sent = fetch(input, { ...own, signal: stop.signal } as object);
    return stoppable(Promise.resolve(sent), stop, discard);
  }
  const dispatcher = new RevocableDispatch(target, marks);
  const sent = fetch(input, { ...init, dispatcher } as object).finally(() => dispatcher.release());
  return stoppable(sent, stop, discard, (reason) => dispatcher.revoke(reason));
}
