import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFakeClock } from '../support/clock.ts';
import { CircuitUnderTest, commands } from './circuit-commands.ts';
import { CircuitModel } from './circuit-model.ts';
import { tries } from './tries.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

it('a circuit is what its model is, after each of up to 150 starts, ends, cancels, waits, changes and orders, 2,000 times', () => {
  const met: Record<string, number> = {};
  fc.assert(
    fc.property(commands, fc.nat(), (list, seed) => {
      vi.clearAllTimers();
      const real = new CircuitUnderTest(seed, met);
      fc.modelRun(() => ({ model: new CircuitModel(), real }), list);
    }),
    tries(2_000),
  );
  console.log(met);
  // What nothing happens in proves nothing.
  for (const name of ['probe-failed', 'probe-succeeded', 'failure-ratio', 'slow-call-ratio']) {
    expect(met[name], name).toBeGreaterThan(100);
  }
  for (const name of ['stale', 'expired', 'insisting', 'manual', 'terminal-error']) {
    expect(met[name], name).toBeGreaterThan(100);
  }
});
