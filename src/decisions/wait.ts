import { guarded } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import { backoffDelay, defaultBackoff } from './backoff.ts';
import { retryAfterOf } from './retry-after.ts';
import type { AttemptInfo, RetryRule } from './retry-decision.ts';

/** The wait before a retry by the rule's own schedule, or by the default one where its function fails. */
export function backoffOf(
  { backoff }: Pick<RetryRule, 'backoff'>,
  outcome: Outcome,
  info: AttemptInfo,
  previous: number,
  random: () => number,
): number {
  if (typeof backoff !== 'function') {
    return backoffDelay(backoff, info.attempt - 1, previous || backoff.base, random);
  }
  const length = guarded('function retry.backoff', () => backoff({ ...info, outcome }));
  return typeof length === 'number' && length >= 0
    ? length
    : backoffDelay(defaultBackoff, info.attempt - 1, previous, random);
}

/** How long the server asked us to wait, in words of its own or in the standard headers. */
export function askedBy(
  { response }: Outcome,
  rule: RetryRule['retryAfter'],
  now: number,
): number | undefined {
  if (!response || !rule) return undefined;
  const { parse } = rule;
  const own = parse && guarded('function retry.retryAfter.parse', () => parse(response));
  return typeof own === 'number' && own > 0 ? own : retryAfterOf(response.headers, now);
}
