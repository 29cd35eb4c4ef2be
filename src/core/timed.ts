import { clearAlarm, setAlarm } from './alarm.ts';
import { refusalAt } from './call-log.ts';
import type { Context } from './context.ts';
import { TimeoutError, type TimeoutKind } from './errors.ts';
import type { Outgoing } from './outgoing.ts';
import type { Send } from './pipeline.ts';

/**
 * Sends under a stop of its own, which a timer pulls. The timer speaks through the stop alone: whatever is under way
 * below ends by itself, and the reason given is the error that the caller sees.
 */
export async function timed(
  kind: TimeoutKind,
  milliseconds: number,
  next: Send,
  request: Outgoing,
  context: Context,
): Promise<Response> {
  const { origin, log } = context;
  const stop = context.stop.child();
  const alarm = setAlarm(milliseconds, () => {
    stop.abort(new TimeoutError(kind, milliseconds, refusalAt(origin, log)));
  });
  try {
    const deadline = Math.min(context.deadline, alarm.due);
    return await next(request, { ...context, stop, deadline });
  } catch (error) {
    stop.release();
    throw error;
  } finally {
    clearAlarm(alarm);
  }
}
