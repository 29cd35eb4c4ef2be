import type { Answer } from '../core/answer.ts';
import type { CallLog, Next, StopReason } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import type { ResilienceError } from '../core/errors.ts';
import type { Outcome } from '../core/outcome.ts';
import type { Outgoing } from '../core/outgoing.ts';
import { placeIn } from '../core/route.ts';
import type { Backoff } from './backoff.ts';
import { type Classify, classifyError, isRetryableStatus } from './classify.ts';

/** What the functions among the options are told about an attempt. */
export interface AttemptInfo {
  readonly origin: string;
  readonly method: string;
  /** The attempt that has just ended; 1 for the first try, and for one whose body was read on and broke off. */
  readonly attempt: number;
}

/** Tells of an attempt that has ended, where it went. */
export function infoOf({ method }: Outgoing, context: Context): AttemptInfo {
  const { origin, route, attempt, broken } = context;
  return {
    origin: placeIn(route)?.origin ?? origin,
    method,
    attempt: attempt - (broken?.past ?? 0),
  };
}

/** Everything that decides about a retry, with nothing left open. */
export interface RetryRule<Given extends Answer = Response> {
  readonly maxRetries: number;
  /** Whether a body that broke off is continued. */
  readonly resume?: boolean;
  readonly methods: readonly string[];
  readonly statuses: readonly number[] | undefined;
  readonly backoff:
    | Backoff
    | ((info: AttemptInfo & { readonly outcome: Outcome<Given> }) => number);
  readonly retryAfter:
    | false
    | {
        readonly max: number;
        readonly parse?: (response: Given) => number | undefined;
        readonly scope?: 'call' | 'origin';
      };
  readonly when:
    | ((
        outcome: Outcome<Given>,
        info: AttemptInfo,
      ) => boolean | undefined | Promise<boolean | undefined>)
    | undefined;
}

/** Methods that may be sent twice without harm: RFC 9110, section 9.2.2, and QUERY, which is safe by its draft. */
export const idempotentMethods: readonly string[] = [
  ...['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'],
];

/** What is known about an attempt when the question is whether another may help. */
export interface Situation {
  readonly outcome: Outcome<Answer>;
  /** What an error says, where it is not one of the network. */
  readonly classify?: Classify | undefined;
  /** Whether the method is among those that the policy retries. */
  readonly methodAllowed: boolean;
  /** Asked only where it matters. */
  readonly hasIdempotencyKey: () => boolean;
  /** Whether the body can be sent from its beginning; asked only where it matters. */
  readonly replayable: () => boolean;
  /** Statuses that the policy retries in place of the default ones. */
  readonly statuses: readonly number[] | undefined;
  /** Whether the server said that a retry is of no use; asked only where it matters. */
  readonly isMarked?: (response: Answer) => boolean;
  /** What `retry.when` said. */
  readonly verdict: boolean | undefined;
}

/** Why an outcome must stand, or `undefined` if another attempt is worth making, time and number permitting. */
export function reasonToStand(situation: Situation): StopReason | undefined {
  const { verdict, replayable } = situation;
  if (verdict === false) return 'when';
  const reason = verdict === undefined ? reasonByTable(situation) : undefined;
  return reason ?? (replayable() ? undefined : 'body');
}

function reasonByTable(situation: Situation): StopReason | undefined {
  const { outcome, classify = classifyError, methodAllowed, hasIdempotencyKey } = situation;
  const { statuses, isMarked } = situation;
  if (outcome.response) {
    const { status } = outcome.response;
    if (!(statuses ? statuses.includes(status) : isRetryableStatus(status))) return 'final';
    if (isMarked?.(outcome.response)) return 'do-not-retry';
    return methodAllowed || status === 429 || hasIdempotencyKey() ? undefined : 'method';
  }
  const failure = classify(outcome.error);
  if (failure === 'never-sent') return undefined;
  if (failure !== 'ambiguous') return 'final';
  return methodAllowed || hasIdempotencyKey() ? undefined : 'method';
}

/** Numbers that bound another attempt. All times in milliseconds. */
export interface Bounds {
  /** Retries made so far. */
  readonly retries: number;
  readonly maxRetries: number;
  readonly backoff: number;
  /** What the server asked for. */
  readonly retryAfter: number | undefined;
  readonly maxRetryAfter: number;
  /** What the server asked for, spread out. */
  readonly spreadRetryAfter: number;
  readonly timeLeft: number;
  /** Whether whoever asked for this retries it himself. */
  readonly nested?: boolean;
  /** Whether there is another place to go to, where nothing has to be waited for. */
  readonly elsewhere: boolean;
  /** Time until the circuit admits a probe; 0 if it is closed. */
  readonly circuitRetryAfter: number;
}

/** When to make the next attempt, or why not to. */
export function nextAttempt(bounds: Bounds): Next {
  const { retries, maxRetries, backoff, retryAfter, maxRetryAfter, spreadRetryAfter } = bounds;
  if (retries >= maxRetries) return { stop: 'retries-exhausted' };
  if (bounds.nested && !bounds.elsewhere) return { stop: 'nested' };
  if (bounds.elsewhere && bounds.timeLeft > 0) return { delay: 0, source: 'failover' };
  if (retryAfter !== undefined && retryAfter > maxRetryAfter) return { stop: 'retry-after' };
  const asked = retryAfter !== undefined && spreadRetryAfter >= backoff;
  const delay = asked ? spreadRetryAfter : backoff;
  // a timer knows whole milliseconds only, and must not cut the wait short
  if (Math.ceil(delay) >= bounds.timeLeft) return { stop: 'deadline' };
  if (delay < bounds.circuitRetryAfter) return { stop: 'circuit-open' };
  return { delay, source: asked ? 'retry-after' : 'backoff' };
}

/** What it is called when a further attempt was refused and the outcome before it stands. */
export function reasonOfRefusal({ code }: ResilienceError): StopReason {
  return refusals[code] ?? 'refused';
}

/**
 * Whether a call failed for good after it did its share of retrying, so that for its caller to repeat the whole would
 * multiply it. Not where it sent one request and left the rest to him.
 */
export function hasGivenUp({ attempts, stopped, substituted }: CallLog): boolean {
  if (substituted || stopped === 'pending') return false;
  if (stopped === 'do-not-retry' || stopped === 'budget') return true;
  return exhausting.has(stopped) && (attempts.at(-1)?.attempt ?? 0) > 1;
}

const exhausting: ReadonlySet<StopReason> = new Set([
  ...(['retries-exhausted', 'deadline', 'retry-after', 'timeout'] as const),
  ...(['circuit-open', 'throttled', 'cooldown'] as const),
]);

const refusals: Readonly<Record<string, StopReason>> = {
  ERR_RESILIENCE_CIRCUIT_OPEN: 'circuit-open',
  ERR_RESILIENCE_THROTTLED: 'throttled',
  ERR_RESILIENCE_COOLDOWN: 'cooldown',
};
