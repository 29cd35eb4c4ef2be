import type { StopReason } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import { discard } from '../core/discard.ts';
import { endReason } from '../core/ending.ts';
import { guardedUntil } from '../core/guard.ts';
import { labelOf, type Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { outcomeOf, type Strategy, settled } from '../core/pipeline.ts';
import { callEvent, type Runtime } from '../core/runtime.ts';
import {
  type FailureInfo,
  isCuredBySubstitute,
  isFailure,
  isResponse,
} from '../decisions/fallback.ts';

type Substitute = Response | undefined;
type Ask = (failure: Outcome, info: FailureInfo) => Substitute | Promise<Substitute>;

/** What stands in for a failure: always the same answer, or whatever a function makes of it. */
export type FallbackRule = Response | Ask;

/** The last word: a substitute for a failure that no retry cured. An abort by the caller is his own last word. */
export function fallback(rule: FallbackRule, runtime: Runtime): Strategy {
  const ask: Ask = typeof rule === 'function' ? rule : () => copyOf(rule);
  const isFor = typeof rule === 'function' ? isFailure : isCuredBySubstitute;
  return (next) =>
    async function fallback(request, context) {
      const { stop, log } = context;
      const outcome = await outcomeOf(next, request, context);
      const { response } = outcome;
      const stopped = endReason(log, outcome, stop);
      if (stop.aborted || !isFor(outcome, stopped)) return settled(outcome);

      const info = infoOf(request, context, stopped);
      const start = performance.now();
      const asking = () => checked(ask(outcome, info));
      const late = (unread: Substitute) => unread && discard(unread);
      const substitute = await guardedUntil('fallback', asking, stop, late);
      if (stop.aborted) {
        for (const unread of [response, substitute]) if (unread) discard(unread);
        throw stop.reason;
      }
      if (!substitute || substitute === response) return settled(outcome);
      if (response && response.body !== substitute.body) discard(response);
      Object.assign(log, { stopped, substituted: true });
      log.note('fallback', start, log.origin, labelOf(outcome));
      if (runtime.events.heard('fallback.used')) {
        const about = callEvent(runtime, context, request);
        runtime.events.emit('fallback.used', { ...about, outcome: labelOf(outcome) });
      }
      return substitute;
    };
}

/** What was given, if it is what was asked for. */
async function checked(given: ReturnType<Ask>): Promise<Substitute> {
  const substitute = await given;
  if (!substitute || isResponse(substitute)) return substitute;
  throw new TypeError('it gave no Response');
}

/** The body of each Response that was given once and for all. Read once: a chain of clones would grow with every call. */
const bodies = new WeakMap<Response, Promise<ArrayBuffer | null>>();

/** Its body is read from a clone, so that it stays as fresh as options are required to be when they are given anew. */
async function copyOf(original: Response): Promise<Response> {
  let body = bodies.get(original);
  if (!body) {
    body = original.body ? original.clone().arrayBuffer() : Promise.resolve(null);
    bodies.set(original, body);
  }
  return new Response(await body, original);
}

function infoOf({ method }: Outgoing, { log }: Context, stopped: StopReason): FailureInfo {
  const { origin, path, attempts } = log;
  return { origin, method, path, attempts: attempts.length, stopped };
}
