import type { Answer } from './answer.ts';
import type { Next, StopReason } from './call-log.ts';
import type { Context } from './context.ts';
import { labelOf, type Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import { placeIn } from './route.ts';
import { attemptEvent, type Runtime } from './runtime.ts';

/** Ends that no retry was ever in question for. */
const unremarkable: ReadonlySet<StopReason> = new Set(['final', 'aborted', 'timeout', 'refused']);

/** Writes into a call's log what was decided after an attempt, and tells those who listen, with the attempt's place. */
export function reportRetry(
  next: Next,
  outcome: Outcome<Answer>,
  request: Outgoing,
  context: Context,
  runtime: Runtime,
): void {
  const { log, route, broken } = context;
  const { events } = runtime;
  const about = () => {
    const attempt = attemptEvent(runtime, context, request);
    const offset = broken && { offset: broken.offset };
    return { ...attempt, ...placeIn(route), outcome: labelOf(outcome), ...offset };
  };
  if (next.stop === undefined) {
    const { delay, source } = next;
    const entry = log.attempts.at(-1);
    if (entry) Object.assign(entry, { delay, source });
    if (events.heard('retry.scheduled')) {
      events.emit('retry.scheduled', { ...about(), delay, source });
    }
    return;
  }
  log.stopped = next.stop;
  if (!unremarkable.has(next.stop) && events.heard('retry.refused')) {
    events.emit('retry.refused', { ...about(), reason: next.stop });
  }
}
