import { counted } from '../core/words.ts';
import { stateWords } from '../describe/state.ts';
import { partsOf } from '../describe/strategies.ts';
import { healthOf } from '../health.ts';
import type { FunctionPlan } from './plan.ts';

/** The parts of a policy that are of use to a function, as `describe` of a client names them. */
const parts = new Set([
  ...['deadline', 'retry', 'backoff', 'retry budget', 'circuit breaker', 'open circuit'],
  'attempt timeout',
]);

/** What a policy does to the calls of functions, and how it stands with what they call. */
export function describePolicy({ name = 'functions', policy, memory }: FunctionPlan): string {
  const told = partsOf(policy, false).filter((part) => parts.has(part.name));
  const { retry } = policy;
  const retries =
    retry && `${counted(retry.maxRetries, 'more attempt')} after an error that may pass`;
  const lines = told.map(({ name, words }): [string, string] => {
    return [name, (name === 'retry' ? retries : words) || 'off'];
  });
  const state = memory.peek();
  lines.push(['now', state ? stateWords(healthOf(state, policy), policy) : 'not called yet']);
  const width = Math.max(...lines.map(([name]) => name.length));
  return [name, ...lines.map(([name, words]) => `  ${name.padEnd(width)}  ${words}`)].join('\n');
}
