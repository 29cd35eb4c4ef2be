import { guarded } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import { backoffDelay, defaultBackoff } from './backoff.ts';
import { rateLimitReset } from './rate-limit.ts';
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

/** How long the server asked us to wait, in words of its own, in the standard headers, or in those of a rate limit. */
export function askedBy(
  { response }: Outcome,
  rule: RetryRule['retryAfter'],
  now: number,
): number | undefined {
  if (!response || !rule) return undefined;
  const { parse } = rule;
  const own = parse && guarded('function retry.retryAfter.parse', () => parse(response));
  if (typeof own === 'number' && own > 0) return own;
  return retryAfterOf(response.headers, now) ?? rateLimitReset(response.headers, now);
}
