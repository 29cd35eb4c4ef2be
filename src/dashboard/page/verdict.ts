import type { OriginPicture } from '../feed.ts';
import { count, percent, plural, span } from './format.ts';
import { bucketsOf, totals } from './series.ts';

/** How urgent an origin is: nothing gets through, something is wrong, or neither. */
export type Level = 'broken' | 'troubled' | 'calm';

/** How it stands with an origin, in a word and in a sentence. */
export interface Verdict {
  readonly level: Level;
  readonly text: string;
}

/** What is called lately, in milliseconds. */
const lately = 30_000;
/** A share of failed calls that deserves a look, from so many calls on. */
const failing = 0.05;
const enough = 5;
/** For how many buckets a queue must last to be more than a burst. */
const standing = 5;

/** What an operator is to know of an origin first: what is done to his calls now, and why. */
export function verdictOf(origin: OriginPicture, bucket: number): Verdict {
  const circuit = circuitVerdict(origin, bucket);
  if (circuit) return circuit;
  const troubles = troublesOf(origin, bucket);
  if (troubles.length > 0) return { level: 'troubled', text: troubles.slice(0, 2).join(' ') };
  return { level: 'calm', text: calmly(origin, bucket) };
}

function circuitVerdict(origin: OriginPicture, bucket: number): Verdict | undefined {
  const { circuit, retryAfter } = origin;
  const age = ageOf(origin, bucket);
  switch (circuit) {
    case 'closed':
      return undefined;
    case 'isolated':
      return {
        level: 'broken',
        text: `Isolated by an operator: no call is let out${age}, until it is closed by hand.`,
      };
    case 'half-open':
      return { level: 'troubled', text: 'A probe is under way; its answer decides.' };
    case 'open':
      return {
        level: 'broken',
        text: retryAfter
          ? `Calls are refused${age}; a probe may be sent in ${span(retryAfter)}.`
          : `Calls are refused${age}; the next call is the probe.`,
      };
  }
}

function troublesOf(origin: OriginPicture, bucket: number): string[] {
  const { cooldown, throttle, budget, slots, series } = origin;
  const { calls, failed, refused } = totals(series, bucketsOf(lately, { bucket }));
  const troubles: string[] = [];
  if (cooldown > 0) troubles.push(`The origin asked for a pause: ${span(cooldown)} are left.`);
  if (throttle !== null && throttle >= 0.005) {
    troubles.push(`${percent(throttle)} of requests are refused here, as the origin rejects them.`);
  }
  const lost = [
    failed / calls >= failing ? `${percent(failed / calls)} failed` : '',
    refused / calls >= failing ? `${percent(refused / calls)} were refused here` : '',
  ].filter(Boolean);
  if (calls >= enough && lost.length > 0) {
    troubles.push(`Of the calls of the last ${span(lately)}, ${lost.join(' and ')}.`);
  }
  if (budget && budget.tokens < 1) {
    troubles.push('The retry budget is used up: what fails is not retried.');
  }
  if (slots && series.queued.slice(-standing).every((queued) => (queued ?? 0) > 0)) {
    troubles.push(`${plural(slots.queued, 'call waits', 'calls wait')} for a slot.`);
  }
  return troubles;
}

function calmly({ series, inFlight }: OriginPicture, bucket: number): string {
  const { calls, failed, retries, hedges } = totals(series);
  const window = span(series.calls.length * bucket);
  if (calls === 0) {
    return inFlight > 0 ? 'The first calls are under way.' : `No call in the last ${window}.`;
  }
  const failures = failed === 0 ? 'No call' : `${count(failed)} of ${plural(calls, 'call')}`;
  const extra = [
    retries > 0 ? plural(retries, 'retry', 'retries') : '',
    hedges > 0 ? plural(hedges, 'second copy', 'second copies') : '',
  ].filter(Boolean);
  const added = extra.length > 0 ? `, with ${extra.join(' and ')}` : '';
  return `${failures} failed in the last ${window}${added}.`;
}

/** For how long the circuit has not been closed, as far as the window tells: a failed probe is part of the outage. */
function ageOf({ series }: OriginPicture, bucket: number): string {
  const states = series.circuit;
  const buckets = states.length - 1 - states.lastIndexOf('closed');
  if (buckets === 0) return '';
  const whole = buckets === states.length ? 'more than ' : '';
  return ` for ${whole}${span(buckets * bucket)}`;
}
