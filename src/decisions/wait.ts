import type { Answer } from '../core/answer.ts';
import { guarded } from '../core/guard.ts';
import type { Outcome } from '../core/outcome.ts';
import type { CircuitView } from '../core/per-origin.ts';
import type { Route } from '../core/route.ts';
import { backoffDelay, defaultBackoff } from './backoff.ts';
import { askedOf, type Choice } from './endpoint-choice.ts';
import { rateLimitReset } from './rate-limit.ts';
import { retryAfterOf, spreadOut } from './retry-after.ts';
import type { AttemptInfo, Bounds, RetryRule } from './retry-decision.ts';

/** The wait before a retry by the rule's own schedule, or by the default one where its function fails. */
export function backoffOf<Given extends Answer>(
  { backoff }: Pick<RetryRule<Given>, 'backoff'>,
  outcome: Outcome<Given>,
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
export function askedBy<Given extends Answer>(
  { response }: Outcome<Given>,
  rule: RetryRule<Given>['retryAfter'],
  now: number,
): number | undefined {
  if (!response || !rule) return undefined;
  const { parse } = rule;
  const own = parse && guarded('function retry.retryAfter.parse', () => parse(response));
  if (typeof own === 'number' && own > 0) return own;
  return retryAfterOf(response.headers, now) ?? rateLimitReset(response.headers, now);
}

/** What is known when another attempt is worth making, and the question is when. All times in milliseconds. */
export interface Prospect<Given extends Answer = Response> {
  readonly outcome: Outcome<Given>;
  readonly info: AttemptInfo;
  /** The backoff before the attempt that has just ended; 0 if there was none. */
  readonly previous: number;
  readonly timeLeft: number;
  /** One that the attempt would have to pass, if there is one. */
  readonly circuit: CircuitView | undefined;
  readonly route: Route | undefined;
  /** Whether whoever asked for this retries it himself. */
  readonly nested?: boolean;
  /** Where the attempt would go, where there are several places. */
  readonly choice: Choice | undefined;
}

/**
 * The numbers that bound another attempt. What a server asked for binds only him who returns to it: elsewhere counts what
 * was asked there.
 *
 * @param now of `performance.now()`.
 * @param date of `Date.now()`.
 */
export function boundsOf<Given extends Answer>(
  rule: RetryRule<Given>,
  prospect: Prospect<Given>,
  now: number,
  date: number,
  random: () => number,
): Bounds {
  const { outcome, info, previous, route, choice, timeLeft, circuit, nested = false } = prospect;
  const moves = route && choice && choice.endpoint !== route.latest;
  const retryAfter = moves
    ? askedOf(choice.endpoint, route, now) || undefined
    : askedBy(outcome, rule.retryAfter, date);
  const elsewhere = choice?.fresh ?? false;
  return {
    retries: info.attempt - 1,
    maxRetries: rule.maxRetries,
    backoff: elsewhere ? 0 : backoffOf(rule, outcome, info, previous, random),
    retryAfter,
    maxRetryAfter: rule.retryAfter ? rule.retryAfter.max : 0,
    spreadRetryAfter: retryAfter === undefined ? 0 : spreadOut(retryAfter, random),
    nested,
    elsewhere,
    timeLeft,
    circuitRetryAfter: circuit && circuit.state !== 'half-open' ? circuit.retryAfter : 0,
  };
}
