import { watchBody } from '../core/body-watch.ts';
import type { Context } from '../core/context.ts';
import { refusalAt } from '../core/ending.ts';
import { ConcurrencyLimitError, TimeoutError } from '../core/errors.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Strategy } from '../core/pipeline.ts';
import { callEvent, type Runtime } from '../core/runtime.ts';
import type { Stop } from '../core/stop.ts';
import { measuredBy } from '../decisions/limit-sample.ts';
import { type ConcurrencyRule, Slots } from '../decisions/slots.ts';

/**
 * A slot of its origin, or a bounded, abortable wait for one.
 *
 * A slot is held through all attempts and the waits between them. That is what makes backoff lighten the load: callers
 * who come whatever happens make as many requests with backoff as without, callers who wait for a slot make half as many
 * (Brooker, "What is Backoff For?", 2022, where half of all attempts fail).
 */
export function concurrency(rule: ConcurrencyRule, runtime: Runtime): Strategy {
  return (next) =>
    async function concurrency(request, context) {
      const { state, stop } = context;
      if (stop.aborted) throw stop.reason;
      const slots = Slots.of(state);
      if (!slots.take(rule)) await turn(slots, request, context);
      let response: Response;
      try {
        response = await next(request, context);
      } catch (error) {
        measure(slots, context);
        slots.free();
        throw error;
      }
      measure(slots, context);
      if (rule.hold === 'body') holdThrough(response, slots, stop);
      else slots.free();
      return response;
    };

  /** Waits until a slot is the call's own. */
  async function turn(slots: Slots, request: Outgoing, context: Context): Promise<void> {
    const { events } = runtime;
    const { stop } = context;
    const ahead = slots.waitingUnder(rule);
    if (ahead >= rule.queue) throw refused(slots, context);
    const start = performance.now();
    const entered = wait(slots, stop);
    if (events.heard('slot.queued')) {
      const about = callEvent(runtime, context, request);
      events.emit('slot.queued', { ...about, queued: ahead + 1, limit: slots.limitOf(rule) });
    }
    const mine = await entered;
    context.log.note('queued', start);
    const waited = performance.now() - start;
    if (stop.aborted) {
      if (mine) slots.free();
      throw isDeadline(stop.reason) ? refused(slots, context, waited) : stop.reason;
    }
    if (events.heard('slot.taken')) {
      events.emit('slot.taken', { ...callEvent(runtime, context, request), waited });
    }
  }

  /** Whether a slot was given; if none was, the call was stopped and has left the queue. */
  function wait(slots: Slots, stop: Stop): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter = slots.join(rule, () => {
        letGo();
        resolve(true);
      });
      const letGo = stop.onAbort(() => {
        slots.leave(waiter);
        resolve(false);
      });
    });
  }

  /** @param waited milliseconds, of a call that was let into the queue. */
  function refused(slots: Slots, { origin, log }: Context, waited?: number): ConcurrencyLimitError {
    const crowd = { limit: slots.limitOf(rule), queued: slots.waitingUnder(rule), waited };
    return new ConcurrencyLimitError(crowd, refusalAt(origin, log));
  }

  function measure(slots: Slots, { log }: Context): void {
    const measured = rule.adaptive && measuredBy(log);
    if (!rule.adaptive || !measured) return;
    const { inUse: inFlight } = slots;
    const now = performance.timeOrigin + performance.now();
    slots.record(rule.adaptive, { ...measured, inFlight, now });
  }
}

/** Gives the slot back when nobody reads the body any more. */
function holdThrough(response: Response, slots: Slots, stop: Stop): void {
  let held = true;
  const free = () => {
    if (!held) return;
    held = false;
    slots.free();
  };
  const letGo = stop.onAbort(free);
  const ended = () => {
    letGo();
    free();
  };
  if (isEmpty(response) || !watchBody(response, { ended })) ended();
}

/** Nobody need read a body of nothing. A test double may answer without headers. */
function isEmpty({ headers }: Response): boolean {
  return headers?.get('content-length') === '0';
}

function isDeadline(reason: unknown): boolean {
  return reason instanceof TimeoutError && reason.timeout === 'total';
}
