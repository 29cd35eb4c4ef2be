import type { Context } from './context.ts';
import type { Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';

/** How to send one request. The transport is the innermost; every strategy wraps one into another. */
export type Send = (request: Outgoing, context: Context) => Promise<Response>;

/** Turns one way of sending into another. Knows nothing of what it wraps or is wrapped by. */
export type Strategy = (next: Send) => Send;

/**
 * Composes strategies around a transport, outermost first, so that the list reads in the order in which a call
 * meets them.
 */
export function compose(strategies: readonly Strategy[], transport: Send): Send {
  return strategies.reduceRight((next, strategy) => strategy(next), transport);
}

/** Sends, and gives the end as a value, so that judging it needs no `try`. */
export async function outcomeOf(send: Send, request: Outgoing, context: Context): Promise<Outcome> {
  try {
    return { response: await send(request, context) };
  } catch (error) {
    return { error };
  }
}

/** The other way round: gives the answer, or throws the error. */
export function settled({ response, error }: Outcome): Response {
  if (response) return response;
  throw error;
}
