import type { TimeoutKind } from '../core/errors.ts';
import type { EventName, Events, HedgeRefusal } from '../core/events.ts';
import { reasons, refusals } from '../core/reasons.ts';
import { grouped, roughly } from '../core/words.ts';

/** The events that are a decision; the others only tell what happened. */
export type DecisionName = Exclude<
  EventName,
  'call.started' | 'call.ended' | 'attempt.started' | 'attempt.ended' | 'slot.taken' | 'hedge.won'
>;

const unhedgedBy: Readonly<Record<HedgeRefusal, string>> = {
  outage: 'the origin as a whole is slow or failing',
  'extra-load': 'maxExtraLoad is reached',
  budget: 'the retry budget is used up',
};

const endedBy: Readonly<Record<TimeoutKind, (call: string) => string>> = {
  total: (call) => `${call} was given up`,
  attempt: (call) => `An attempt of ${call} was ended`,
  body: (call) => `The body of ${call} was given up`,
  context: (call) => `${call} was given up with all that it is a part of`,
};

const waitedFor = {
  backoff: 'backoff',
  'retry-after': 'as Retry-After asks',
  failover: 'at another place',
};

/** Characters of somebody else's in a sentence. */
const longest = 60;

const byHand = "by an operator's hand";

type Sentences = { readonly [Name in DecisionName]: (event: Events[Name]) => string };

const sentences: Sentences = {
  'retry.scheduled': ({ delay, source, attempt, ...call }) =>
    `${requestOf(call)} ${broken(call)}: attempt ${attempt + 1} in ${roughly(delay)}, ${waitedFor[source]}`,
  'retry.refused': ({ reason, ...call }) =>
    `${requestOf(call)} ${broken(call)} and is not retried: ${reasons[reason]}`,
  'hedge.sent': ({ after, ...call }) =>
    `${requestOf(call)} is unanswered after ${roughly(after)}: a second copy is sent`,
  'hedge.refused': ({ reason, ...call }) =>
    `${requestOf(call)} is slow, but gets no second copy: ${unhedgedBy[reason]}`,
  'timeout.expired': ({ timeout, after, ...call }) =>
    `${endedBy[timeout](requestOf(call))}: timeout.${timeout} of ${roughly(after)} ran out`,
  'slot.queued': ({ queued, limit, ...call }) =>
    `${requestOf(call)} waits for a slot, ${queued} in line for ${limit}`,
  'call.held': ({ delay, ...call }) =>
    `${requestOf(call)} is held for ${roughly(delay)}: the origin asked everybody for a pause`,
  'call.refused': ({ code, ...call }) =>
    `${requestOf(call)} was refused: ${refusals[code] ?? code}`,
  'fallback.used': (call) => `${requestOf(call)} ${endOf(call)}: its caller got the fallback`,
  'circuit.opened': ({ openFor, ...why }) =>
    `The circuit opened for ${roughly(openFor)}: ${causeOf(why)}`,
  'circuit.halfOpened': () => 'The circuit is half-open: a probe may pass',
  'circuit.closed': ({ reason }) =>
    reason === 'manual'
      ? `The circuit was closed ${byHand}`
      : 'The circuit closed: a probe went well',
  'circuit.isolated': () =>
    `The circuit was isolated ${byHand}: nothing passes until it is closed by hand`,
  'circuit.wouldRefuse': (call) =>
    `${requestOf(call)} was let out through an open circuit, which is not enforced`,
  'circuit.forgotten': () => 'An open circuit was forgotten: maxOrigins others are known',
};

export const decisionNames = Object.keys(sentences) as DecisionName[];

/** What was decided, and why, as a person would say it. */
export function sentenceOf<Name extends DecisionName>(name: Name, event: Events[Name]): string {
  return (sentences[name] as (event: Events[Name]) => string)(event);
}

function requestOf({ method, path }: { readonly method: string; readonly path: string }): string {
  return `${method} ${short(path)}`;
}

function endOf({ outcome }: { readonly outcome: string }): string {
  if (outcome === 'ERR_RESILIENCE_TIMEOUT') return 'was not answered in time';
  return /^\d{3}$/.test(outcome) ? `was answered ${outcome}` : `failed (${short(outcome)})`;
}

function broken({ outcome, offset }: { readonly outcome: string; readonly offset?: number }) {
  if (offset === undefined) return endOf({ outcome });
  return `broke off at byte ${grouped(offset)} (${short(outcome)})`;
}

/** A path, and an error's name, can be as long as they like; a line can't. */
function short(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

function causeOf(opened: Omit<Events['circuit.opened'], 'openFor'>): string {
  const { reason, attempts, failures, slow } = opened;
  if (reason === 'manual') return byHand;
  if (reason === 'probe-failed') return 'its probe failed';
  if (reason === 'terminal-error') return 'an error said that nothing will go well there';
  if (reason === 'slow-call-ratio') return `${slow} of ${attempts} attempts were slow`;
  const share = `${failures} of ${attempts} attempts failed`;
  return reason === 'failure-ratio' ? share : `too many failures in a row, ${share}`;
}
