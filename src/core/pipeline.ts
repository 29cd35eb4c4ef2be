import type { Answer } from './answer.ts';
import type { Context } from './context.ts';
import type { Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';

/**
 * How to send one request. The transport is the innermost; every strategy wraps one into another. What it gives is a
 * Response, or, where a function is called by the same strategies, what that returned.
 */
export type Send<Given extends Answer = Response> = (
  request: Outgoing,
  context: Context,
) => Promise<Given>;

/** Turns one way of sending into another. Knows nothing of what it wraps or is wrapped by. */
export type Strategy<Given extends Answer = Response> = (next: Send<Given>) => Send<Given>;

/**
 * Composes strategies around a transport, outermost first, so that the list reads in the order in which a call
 * meets them.
 */
export function compose<Given extends Answer>(
  strategies: readonly Strategy<Given>[],
  transport: Send<Given>,
): Send<Given> {
  return strategies.reduceRight((next, strategy) => strategy(next), transport);
}

/** Sends, and gives the end as a value, so that judging it needs no `try`. */
export async function outcomeOf<Given extends Answer>(
  send: Send<Given>,
  request: Outgoing,
  context: Context,
): Promise<Outcome<Given>> {
  try {
    return { response: await send(request, context) };
  } catch (error) {
    return { error };
  }
}

/** The other way round: gives the answer, or throws the error. */
export function settled<Given extends Answer>({ response, error }: Outcome<Given>): Given {
  if (response) return response;
  throw error;
}
