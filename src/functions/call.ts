import { announce, conclude, openContext } from '../call.ts';
import type { Returned } from '../core/answer.ts';
import { ambientNow } from '../core/inside.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { compose, outcomeOf, settled } from '../core/pipeline.ts';
import { callEvent } from '../core/runtime.ts';
import { invocation, type Run } from './attempt.ts';
import type { RetryCall } from './options.ts';
import { type FunctionPlan, method } from './plan.ts';

/** Calls a function by a plan, as a client sends a request by one. */
export async function callBy(
  plan: FunctionPlan,
  operation: string,
  run: Run,
  { signal, idempotencyKey }: RetryCall,
): Promise<unknown> {
  const { policy, runtime, strategies, memory } = plan;
  const { events } = runtime;
  const state = memory.state();
  const request = requestFor(operation, signal);
  const context = openContext(request, state, undefined, ambientNow());
  let drawn = idempotencyKey;
  const key = () => (drawn ??= crypto.randomUUID());
  const send = compose(strategies, invocation(run, key, runtime));

  state.inFlight++;
  if (events.heard('call.started')) {
    events.emit('call.started', callEvent(runtime, context, request));
  }
  const { stop } = context;
  const outcome: Outcome<Returned> = stop.aborted
    ? { error: stop.reason }
    : await outcomeOf(send, request, context);
  state.inFlight--;
  conclude(outcome, context, policy);
  announce(outcome, context, request, runtime);
  stop.release();
  return settled(outcome).value;
}

/** What the strategies are given to look at: a call may always be repeated, and goes to an address that is a mere name. */
function requestFor(operation: string, signal: AbortSignal | undefined): Outgoing {
  const url = new URL(
    `${method}:${operation && `/${encodeURIComponent(operation.toWellFormed())}`}`,
  );
  return { input: url, init: {}, url, method, signal, replayable: () => true };
}
