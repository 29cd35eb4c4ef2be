import { counted, exactly, listed } from '../core/words.ts';
import type { Backoff } from '../decisions/backoff.ts';
import type { RetryRule } from '../decisions/retry-decision.ts';
import type { Part } from './part.ts';

/** Which retries there are, what they wait for, and whose word on the wait is heeded. */
export function retryParts(rule: RetryRule | false): Part[] {
  const resume = { name: 'resume', options: ['retry.resume'] };
  if (!rule)
    return [
      { ...resume, words: false },
      { name: 'retry', options: ['retry'], words: false },
    ];
  const { maxRetries, methods, when, backoff, retryAfter } = rule;
  const attempts = counted(maxRetries, 'more attempt');
  const verdict = when ? '; a function may overrule this' : '';
  const words = `${attempts} of ${listed(methods) || 'no method'}, after ${statusesOf(rule)} or no answer${verdict}`;
  return [
    { ...resume, words: rule.resume === true && 'a GET that breaks off while it is read goes on' },
    { name: 'retry', options: ['retry'], words },
    { name: 'backoff', options: ['retry.backoff'], words: backoffWords(backoff) },
    { name: 'Retry-After', options: ['retry.retryAfter'], words: retryAfterWords(retryAfter) },
  ];
}

function statusesOf({ statuses }: RetryRule): string {
  return statuses
    ? listed(statuses.map(String)) || 'no status'
    : '408, 425, 429 and 5xx (not 501, 505)';
}

function backoffWords(backoff: RetryRule['backoff']): string {
  if (typeof backoff === 'function') return 'as long as a function says';
  const { type, base, factor, cap, jitter } = backoff;
  const growth = { exponential: ` · ${factor}ⁿ`, linear: ' · n', constant: '' }[type];
  if (jitter === 'decorrelated') {
    return `from ${exactly(base)} to three times the wait before, up to ${exactly(cap)}`;
  }
  return `${exactly(base)}${growth} up to ${exactly(cap)}, with ${jitterWords[jitter]}`;
}

const jitterWords: Readonly<Record<Exclude<Backoff['jitter'], 'decorrelated'>, string>> = {
  full: 'full jitter (from 0 to that)',
  equal: 'equal jitter (from half of that)',
  none: 'no jitter',
};

function retryAfterWords(rule: RetryRule['retryAfter']): string | false {
  if (!rule) return false;
  const own = rule.parse ? ', which a function may read' : '';
  return `waits as long as the server asks, up to ${exactly(rule.max)}${own}`;
}
