import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Emitter } from '../../src/core/events.ts';
import { Stop, stoppable } from '../../src/core/stop.ts';
import type { CircuitRule } from '../../src/decisions/trip.ts';
import { circuitOf } from '../../src/strategies/circuit.ts';
import { circuitBreaker } from '../../src/strategies/circuit-breaker.ts';
import { contextOf, outgoing } from '../core/given.ts';
import { useFakeClock } from '../support/clock.ts';
import { CircuitModel, type Expected } from './circuit-model.ts';
import { tries } from './tries.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const rule: CircuitRule = {
  failureRatio: 1,
  minimumThroughput: 1_000,
  window: 4_000,
  consecutiveFailures: 2,
  slowCallDuration: 1_200,
  slowCallRatio: 1,
  openFor: 800,
  maxOpenFor: 800,
  probes: 2,
  successThreshold: 1,
  enforce: true,
};
const lease = 900;

type Step = 'wait' | 'open' | 'close' | { readonly status: number; readonly isAborted: boolean };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        status: fc.constantFrom(200, 200, 503, 503),
        isAborted: fc.constantFrom(false, false, false, true),
      }),
    },
    { weight: 4, arbitrary: fc.constant<Step>('wait') },
    { weight: 1, arbitrary: fc.constantFrom<Step>('open', 'close') },
  ),
  { maxLength: 40, size: 'max' },
);

it('whatever is begun, ended, aborted, waited for or ordered first, the circuit is what its model is, 1,000 times', async () => {
  const met: Record<string, number> = { stale: 0, refused: 0, aborted: 0, closed: 0, opened: 0 };
  const meet = (what: string) => {
    met[what] = (met[what] ?? 0) + 1;
  };
  const property = fc.asyncProperty(fc.scheduler(), steps, async (scheduler, given) => {
    vi.clearAllTimers();
    const model = new CircuitModel();
    const expected: Expected[] = [];
    const told: { readonly name: string; readonly openFor?: number }[] = [];
    const events = new Emitter();
    for (const name of ['circuit.opened', 'circuit.halfOpened', 'circuit.closed'] as const) {
      events.on(name, (event) => told.push({ name, ...event }));
    }
    const state = { origin: 'https://api.test', inFlight: 0 };
    const runtime = { name: 'test', events, random: () => 0.5 };
    const breaker = circuitBreaker(rule, runtime, lease);
    const circuit = circuitOf(state, runtime);

    /** Lets one attempt begin now; when it ends is the scheduler's to say. */
    function begin({ status, isAborted }: Exclude<Step, string>, index: number): void {
      const began = performance.now();
      const isLetOut = model.begin(rule, lease, false);
      const out = model.out.at(-1);
      const stop = Stop.never.child(true);
      let left = false;
      const end = (fault: 'success' | 'failure' | 'ignored') => {
        const place = out ? model.out.indexOf(out) : -1;
        if (!out || place < 0) return;
        if (!model.isHeard(out)) meet('stale');
        const slow = performance.now() - began >= Number(rule.slowCallDuration);
        expected.push(...model.end(place, fault, slow, 0));
      };
      const send = breaker(() => {
        left = true;
        const answer = scheduler.schedule(Promise.resolve(), `answer ${index}`).then(() => {
          if (!stop.aborted) end(status < 500 ? 'success' : 'failure');
          return new Response(null, { status });
        });
        return stoppable(answer, stop);
      });
      send(outgoing(), contextOf({ state, stop })).catch(() => {});
      expect(left).toBe(isLetOut);
      if (!isLetOut) meet('refused');
      if (!isLetOut || !isAborted) return;
      scheduler.schedule(Promise.resolve(), `abort ${index}`).then(() => {
        if (out && model.out.includes(out)) meet('aborted');
        end('ignored');
        stop.abort(new Error('gone'));
      });
    }

    function happen(step: Step, index: number): void {
      if (step === 'wait') {
        vi.advanceTimersByTime(400);
        expected.push(...model.pass(400));
      } else if (step === 'open') {
        expected.push(...model.open(rule));
        circuit.open(rule);
      } else if (step === 'close') {
        expected.push(...model.close());
        circuit.close();
      } else begin(step, index);
    }

    for (const [index, step] of given.entries()) {
      scheduler.schedule(Promise.resolve(), `${JSON.stringify(step)}`).then(() => {
        happen(step, index);
      });
    }
    while (scheduler.count() > 0) {
      await scheduler.waitOne();
      await new Promise((resolve) => setImmediate(resolve));
      const now = told.splice(0);
      expect(now.map(({ name }) => name)).toEqual(expected.splice(0).map(({ name }) => name));
      for (const { name, openFor } of now) {
        if (openFor) model.lasts(openFor);
        meet(name === 'circuit.closed' ? 'closed' : name === 'circuit.opened' ? 'opened' : name);
      }
      expect([circuit.state, circuit.retryAfter]).toEqual([model.state, model.retryAfter]);
      expect(vi.getTimerCount()).toBe(model.state === 'open' ? 1 : 0);
    }
  });
  await fc.assert(property, tries(1_000));
  // What nothing happens in proves nothing.
  for (const [what, times] of Object.entries(met)) expect(times, what).toBeGreaterThan(100);
});
