import type { CallLog } from '../core/call-log.ts';
import { endReason } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import { discard } from '../core/discard.ts';
import { warn } from '../core/guard.ts';
import { labelOf, type Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { outcomeOf, type Strategy } from '../core/pipeline.ts';
import { callEvent, type Runtime } from '../core/runtime.ts';
import { stoppable } from '../core/stop.ts';
import { type FailureInfo, isCuredBySubstitute, isFailure } from '../decisions/fallback.ts';

/** What stands in for a failure: always the same answer, or whatever a function makes of it. */
export type FallbackRule =
  | Response
  | ((failure: Outcome, info: FailureInfo) => Response | undefined | Promise<Response | undefined>);

/** The last word: a substitute for a failure that no retry cured. An abort by the caller is his own last word. */
export function fallback(rule: FallbackRule, runtime: Runtime): Strategy {
  const substituteFor = typeof rule === 'function' ? asking(rule) : giving(rule);
  return (next) =>
    async function fallback(request, context) {
      const outcome = await outcomeOf(next, request, context);
      const substitute = await substituteFor(outcome, request, context);
      if (context.stop.aborted) {
        if (outcome.response) discard(outcome.response);
        throw context.stop.reason;
      }
      if (substitute && substitute !== outcome.response) {
        if (outcome.response) discard(outcome.response);
        context.log.substituted = true;
        if (runtime.events.heard('fallback.used')) {
          const about = callEvent(runtime, context, request);
          runtime.events.emit('fallback.used', { ...about, outcome: labelOf(outcome) });
        }
        return substitute;
      }
      if (outcome.response) return outcome.response;
      throw outcome.error;
    };
}

type Substitute = (
  outcome: Outcome,
  request: Outgoing,
  context: Context,
) => Promise<Response | undefined> | undefined;

/** Copies of one Response. Its body is read once: a chain of clones would grow with every call. */
function giving(given: Response): Substitute {
  const { status, statusText, headers } = given;
  let body: Promise<ArrayBuffer | null> | undefined;
  return (outcome, _, { stop }) => {
    if (stop.aborted || !isCuredBySubstitute(outcome)) return undefined;
    body ??= given.body ? given.arrayBuffer() : Promise.resolve(null);
    return body.then((bytes) => new Response(bytes, { status, statusText, headers }));
  };
}

/** What the function says; nothing, if it throws. The caller's abort does not wait for it. */
function asking(rule: Exclude<FallbackRule, Response>): Substitute {
  return async (outcome, request, context) => {
    const { stop, log } = context;
    if (stop.aborted || !isFailure(outcome)) return undefined;
    try {
      const said = Promise.resolve(rule(outcome, infoOf(request, log, outcome, context)));
      return await stoppable(said, stop, (late) => late && discard(late));
    } catch (error) {
      if (!stop.aborted) warn('function fallback', error);
      return undefined;
    }
  };
}

function infoOf({ method }: Outgoing, log: CallLog, outcome: Outcome, { stop }: Context) {
  const { origin, path, attempts } = log;
  return {
    origin,
    method,
    path,
    attempts: attempts.length,
    stopped: endReason(log, outcome, stop),
  };
}
