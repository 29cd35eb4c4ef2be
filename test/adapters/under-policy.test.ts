import { setTimeout as pass } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { isUnderPolicy, markPolicies, underPolicy } from '../../src/adapters/under-policy.ts';

it('knows of 2 sendings at a time which stands under a policy, once somebody wants to know', async () => {
  expect(underPolicy(isUnderPolicy)).toBe(false);
  markPolicies();
  markPolicies();
  const later = async () => {
    await pass(1);
    return isUnderPolicy();
  };
  expect(await Promise.all([underPolicy(later), later()])).toEqual([true, false]);
  expect(isUnderPolicy()).toBe(false);
});
