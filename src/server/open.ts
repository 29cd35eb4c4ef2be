import { Ambient } from '../core/ambient.ts';
import { guarded } from '../core/guard.ts';
import { heardIn } from '../decisions/propagation.ts';
import type { ServerRule } from './options.ts';

/**
 * Opens the context of a request from what its headers say. What its caller allows can only shorten the server's own
 * deadline. It stands in no other context: a request that came in by chance of something else is no part of that.
 */
export function contextOf(rule: ServerRule, get: (name: string) => string | null): Ambient {
  const heard = rule.heard ? heardIn(get, rule.heard) : undefined;
  const own = guarded('function deadline', rule.deadline);
  // a function of the user's may give anything
  const lengths = [own, heard?.deadline].filter((length) => Number(length) > 0);
  const deadline = lengths.length > 0 ? Math.min(...lengths.map(Number)) : undefined;
  return new Ambient({ ...heard, signal: rule.signal, deadline }, undefined);
}
