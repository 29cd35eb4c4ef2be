import { clearAlarm, setAlarm } from './alarm.ts';
import type { Answer } from './answer.ts';
import type { CallLog } from './call-log.ts';
import type { Context } from './context.ts';
import { refusalAt } from './ending.ts';
import { TimeoutError, type TimeoutKind } from './errors.ts';
import type { Outgoing } from './outgoing.ts';
import type { Send } from './pipeline.ts';
import type { Runtime } from './runtime.ts';

/** A timeout of one kind and length. */
export interface Bound {
  readonly kind: TimeoutKind;
  readonly milliseconds: number;
  readonly runtime: Runtime;
}

/**
 * Sends under a stop of its own, which a timer pulls. The timer speaks through the stop alone: whatever is under way
 * below ends by itself, and the reason given is the error that the caller sees.
 */
export async function timed<Given extends Answer>(
  bound: Bound,
  next: Send<Given>,
  request: Outgoing,
  context: Context,
): Promise<Given> {
  const { kind, milliseconds } = bound;
  const { origin, log } = context;
  const stop = context.stop.child();
  let expired: TimeoutError | undefined;
  const alarm = setAlarm(milliseconds, () => {
    expired = new TimeoutError(kind, milliseconds, refusalAt(origin, log));
    stop.abort(expired);
  });
  try {
    const deadline = Math.min(context.deadline, alarm.due);
    return await next(request, { ...context, stop, deadline });
  } catch (error) {
    if (expired && stop.reason === expired) tellExpired(bound, origin, log);
    stop.release();
    throw error;
  } finally {
    clearAlarm(alarm);
  }
}

/**
 * Reports a timeout that ran out, in the async context of its call: the timer's is anybody's. Told from the log alone,
 * as whoever bounds a body lives as long as that, and would keep all that it knows.
 */
export function tellExpired(
  { kind, milliseconds, runtime }: Bound,
  origin: string,
  { id, method, path }: CallLog,
): void {
  if (!runtime.events.heard('timeout.expired')) return;
  const about = { client: runtime.name, origin, id, method, path };
  runtime.events.emit('timeout.expired', { ...about, timeout: kind, after: milliseconds });
}
