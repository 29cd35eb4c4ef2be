import { expect, test, vi } from 'vitest';
import { Emitter } from '../src/core/events.ts';
import { Plans } from '../src/plans.ts';
import { defaults, type Policy } from '../src/policy.ts';

const runtime = { name: 'test', events: new Emitter(), random: () => 0.5 };
const attempt = async () => new Response();
const plansOf = (policyOf: (url: URL) => Policy = () => defaults, uniform = false) =>
  new Plans({ policyOf, uniform, attemptOf: () => attempt, runtime, several: false });
const url = new URL('http://a.test/');
const stateOf = (origin: string) => ({ origin, inFlight: 0 });

test('1 plan serves 2 calls, and 2 origins that are held to the same', () => {
  const plans = plansOf();
  const state = stateOf('http://a.test');
  expect(plans.of(state, url)).toBe(plans.of(state, url));
  expect(plans.of(stateOf('http://b.test'), url)).toBe(plans.of(state, url));
});

test.each([
  ['1 time for 3 origins, where all are held to the same', true, 1],
  ['3 times for 3 origins, where one may be held to something else', false, 3],
])('a policy is asked for %s', (_, uniform, times) => {
  const policyOf = vi.fn(() => defaults);
  const plans = plansOf(policyOf, uniform);
  const states = ['a', 'b', 'c'].map((host) => stateOf(`http://${host}.test`));
  for (const state of [...states, ...states]) plans.of(state, url);
  expect(policyOf).toHaveBeenCalledTimes(times);
});

test('1 more serves all calls with 1 set of options, and another set has another', () => {
  const plans = plansOf();
  const [state, other] = [stateOf('http://a.test'), stateOf('http://b.test')];
  const own = { timeout: 2_000 };
  const plan = plans.of(state, url, own);
  expect(plan.policy.timeout.total).toBe(2_000);
  expect(plans.of(state, url, own)).toBe(plan);
  expect(plans.of(other, url, own)).toBe(plan);
  expect(plans.of(state, url, { ...own })).not.toBe(plan);
  expect(plans.of(state, url).policy).toBe(defaults);
});

test('2 origins that are held to different things keep to theirs under 1 set of options', () => {
  const strict = { ...defaults, retry: false } as const;
  const policies = [defaults, strict];
  const plans = plansOf(() => (policies.shift() ?? defaults) as typeof defaults);
  const [state, other] = [stateOf('http://a.test'), stateOf('http://b.test')];
  const own = { timeout: 2_000 };
  expect(plans.of(state, url, own).policy.retry).not.toBe(false);
  expect(plans.of(other, url, own).policy.retry).toBe(false);
});
