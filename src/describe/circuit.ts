import { counted, exactly, percent } from '../core/words.ts';
import type { CircuitRule } from '../decisions/trip.ts';
import type { Part } from './part.ts';

const lengths = ['openFor', 'maxOpenFor', 'probes', 'successThreshold'].map(
  (name) => `circuitBreaker.${name}`,
);

/** When a circuit opens, and how it closes again. */
export function circuitParts(rule: CircuitRule | false): Part[] {
  const breaker = { name: 'circuit breaker', options: ['circuitBreaker'] };
  if (!rule) return [{ ...breaker, words: false }];
  const { openFor, maxOpenFor, probes, successThreshold, enforce } = rule;
  const shadow = enforce ? '' : '; refuses nothing, and only tells of it';
  const length = `${exactly(openFor)}, twice as long after each failed probe, up to ${exactly(maxOpenFor)}`;
  const closing = `${counted(probes, 'probe')} at a time, closed by ${counted(successThreshold, 'success', 'successes')}`;
  return [
    { ...breaker, words: `opens after ${tripWords(rule)}${shadow}` },
    { name: 'open circuit', options: lengths, words: `for ${length}; ${closing}` },
  ];
}

function tripWords(rule: CircuitRule): string {
  const { failureRatio, minimumThroughput, window, consecutiveFailures } = rule;
  const { slowCallDuration, slowCallRatio } = rule;
  const slow =
    slowCallDuration === false
      ? ''
      : ` or ${percent(slowCallRatio)} that took ${exactly(slowCallDuration)}`;
  const least = counted(minimumThroughput, 'attempt');
  return `${percent(failureRatio)} failures${slow} in ${exactly(window)} of at least ${least}, or ${counted(consecutiveFailures, 'failure')} in a row`;
}
