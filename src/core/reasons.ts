import type { StopReason } from './call-log.ts';

/** Why there was no further attempt, as one would say it. */
export const reasons: Readonly<Record<StopReason, string>> = {
  final: 'not an outcome that is retried',
  'retries-off': 'retries are off',
  'retries-exhausted': 'none is left',
  method: 'this method may not be sent twice',
  body: 'its body can be sent only once',
  deadline: 'it would come after the deadline',
  'retry-after': 'the server asked for a longer wait than is allowed',
  'circuit-open': 'the circuit is open',
  budget: "the origin's retry budget is used up",
  throttled: 'the throttle refuses what the server would reject',
  cooldown: 'the origin asked everybody for a longer pause than there is time for',
  'do-not-retry': 'the server said that a retry is of no use',
  nested: 'whoever asked for this retries it himself',
  changed: 'another version of the body is there by now',
  'no-range': 'the server does not continue a body',
  when: 'retry.when said no',
  aborted: 'the caller aborted',
  timeout: 'the deadline passed',
  refused: 'refused here',
};

/** What a refusal says, by its code. */
export const refusals: Readonly<Record<string, string>> = {
  ERR_RESILIENCE_CIRCUIT_OPEN: reasons['circuit-open'],
  ERR_RESILIENCE_CONCURRENCY_LIMIT: 'no slot was free in time',
  ERR_RESILIENCE_COOLDOWN: reasons.cooldown,
  ERR_RESILIENCE_THROTTLED: reasons.throttled,
};
