import type { Answer } from '../core/answer.ts';
import { beginAttempt, endAttempt } from '../core/attempt.ts';
import type { Context } from '../core/context.ts';
import { discard } from '../core/discard.ts';
import { isRequest, markedInit, type Outgoing } from '../core/outgoing.ts';
import type { Send } from '../core/pipeline.ts';
import type { Runtime } from '../core/runtime.ts';
import { Stop, sleep, stoppable } from '../core/stop.ts';
import type { Hop, Wire } from '../wire/send.ts';
import {
  type Dispatcher,
  isNodeFetch,
  RevocableDispatch,
  seesDispatcher,
} from './revocable-dispatch.ts';
import { underPolicy } from './under-policy.ts';

/** Connections of a client's own, which an attempt leaves over in one of two ways. */
export interface Connections {
  /** What `fetch` takes as `dispatcher`. */
  readonly dispatcher: unknown;
  /** Sends without `fetch`, where that is possible. */
  readonly wire: Wire;
}

/** What stands around a hop to another origin. */
export type HopGuard = <Given extends Answer>(
  url: URL,
  send: Send<Given>,
  request: Outgoing,
  context: Context,
) => Promise<Given>;

/** Opens the way to an attempt's connections, which takes time the first time only. */
export type OpenPool = () => Connections | Promise<Connections>;

/**
 * One fetch. The innermost of all: here an attempt begins, ends, and is written into the call's log.
 *
 * The fetch may be anybody's, so this is the one place that does not trust it to hear that it must stop: where it does
 * not, the attempt still ends at once, and an answer that comes too late is thrown away.
 *
 * @param lookUp gives the fetch to use, at each attempt.
 * @param guard what a redirect to another origin is held to; nothing where it is left out.
 */
export function transport(
  lookUp: (request: Outgoing) => typeof globalThis.fetch,
  openPool: OpenPool | undefined,
  runtime: Runtime,
  guard: HopGuard = (_, send, request, context) => send(request, context),
): Send {
  return async function transport(request, context) {
    const { stop, deadline } = context;
    if (stop.aborted) throw stop.reason;
    const start = performance.now();
    // in a process that stood still, what waited goes on before the timer of its deadline does
    if (start >= deadline) await sleep(0, stop);
    const entry = beginAttempt(start, request, context, runtime);
    try {
      const opening = hasDispatcher(request) ? undefined : openPool?.();
      const pool = opening instanceof Promise ? await stoppable(opening, stop) : opening;
      if (stop.aborted) throw stop.reason;
      const response = await underPolicy(sendBy, pool, lookUp(request), request, context, guard);
      endAttempt(entry, start, { response }, request, context, runtime);
      return response;
    } catch (error) {
      endAttempt(entry, start, { error }, request, context, runtime);
      throw error;
    }
  };
}

interface WithDispatcher {
  readonly dispatcher?: Dispatcher;
}

/** Whether the caller brought connections of his own. */
function hasDispatcher({ init }: Outgoing): boolean {
  return (init as WithDispatcher).dispatcher !== undefined;
}

/** Without fetch, where there is a way and fetch is Node's own: one that was put in its place is there to be used. */
function sendBy(
  pool: Connections | undefined,
  fetch: typeof globalThis.fetch,
  request: Outgoing,
  context: Context,
  guard: HopGuard,
): Promise<Response> {
  const { stop } = context;
  if (!pool || !isNodeFetch(fetch)) return send(fetch, request, stop, pool?.dispatcher);
  const hop: Hop = (url, send) => guard(url, send, request, context);
  return pool.wire(request, stop, hop) ?? send(fetch, request, stop, pool.dispatcher);
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
  const sent = fetch(input, { ...init, dispatcher } as object);
  return stoppable(sent, stop, discard, dispatcher);
}
