import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OriginState } from '../../src/core/per-origin.ts';
import type { Fault } from '../../src/decisions/classify.ts';
import type { CircuitRule } from '../../src/decisions/trip.ts';
import { defaults } from '../../src/policy.ts';
import { circuitOf } from '../../src/strategies/circuit.ts';
import { circuitBreaker } from '../../src/strategies/circuit-breaker.ts';
import { contextOf, outgoing, runtimeOf } from '../core/given.ts';
import { useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const lease = 50;
const quick: CircuitRule = {
  ...defaults.circuitBreaker,
  minimumThroughput: 1_000_000,
  consecutiveFailures: 2,
  openFor: 100,
  maxOpenFor: 800,
};
const answered = { error: undefined };
const pass = (milliseconds: number) => vi.advanceTimersByTime(milliseconds);

/** A circuit under a rule, and the lengths of its breaks. */
function circuitUnder(changes: Partial<CircuitRule> = {}) {
  const rule = { ...quick, ...changes };
  const { runtime, told } = runtimeOf('circuit.opened', 'circuit.closed');
  const state: OriginState = { origin: 'https://api.test', inFlight: 0 };
  const circuit = circuitOf(state, runtime);
  const admit = (insists = false) => {
    const report = circuit.admit(rule, lease, insists);
    return report && ((fault: Fault, slow = false) => report(fault, answered, slow));
  };
  const fail = () => {
    for (const report of [admit(), admit()]) report?.('failure');
  };
  const halfOpen = () => {
    fail();
    pass(100);
  };
  const breaks = () => told.flatMap(([, event]) => ('openFor' in event ? [event.openFor] : []));
  return { circuit, rule, admit, fail, halfOpen, breaks };
}

describe('several probes', () => {
  it('are let out at once, 3 of them, and the 4th is told when a place is free', () => {
    const { circuit, admit, halfOpen } = circuitUnder({ probes: 3 });
    halfOpen();
    expect([1, 2, 3].map(() => circuit.refusing || !admit())).toEqual([false, false, false]);
    expect(admit()).toBeUndefined();
    expect([circuit.refusing, circuit.retryAfter]).toEqual([true, lease]);
    pass(20);
    expect(circuit.retryAfter).toBe(30);
  });

  it('close it at the 3rd success of 3, one after another where there is 1 place', () => {
    const { circuit, admit, halfOpen } = circuitUnder({ probes: 1, successThreshold: 3 });
    halfOpen();
    const states = [1, 2, 3].map(() => {
      admit()?.('success');
      return circuit.state;
    });
    expect(states).toEqual(['half-open', 'half-open', 'closed']);
  });

  it('re-open it once, however many of them fail: 200 ms and not 800', () => {
    const { circuit, admit, halfOpen, breaks } = circuitUnder({ probes: 3 });
    halfOpen();
    const probes = [admit(), admit(), admit()];
    for (const end of probes) end?.('failure');
    expect(circuit.state).toBe('open');
    expect(breaks()).toEqual([100, 200]);
  });

  it('do not decide about the break after theirs: 1 success from before the re-opening is not heard', () => {
    const { circuit, admit, halfOpen } = circuitUnder({ probes: 2 });
    halfOpen();
    const [first, late] = [admit(), admit()];
    first?.('failure');
    pass(200);
    expect(circuit.state).toBe('half-open');
    late?.('success');
    expect(circuit.state).toBe('half-open');
  });

  it('begin to count anew after a re-opening: 2 successes before it are worth 0', () => {
    const { circuit, admit, halfOpen } = circuitUnder({ successThreshold: 3 });
    halfOpen();
    for (const fault of ['success', 'success', 'failure'] as const) admit()?.(fault);
    pass(200);
    admit()?.('success');
    admit()?.('success');
    expect(circuit.state).toBe('half-open');
    admit()?.('success');
    expect(circuit.state).toBe('closed');
  });
});

it('stays open for the whole of 100.5 ms that were asked for: half-open after 101, not after 100', () => {
  const { circuit, rule } = circuitUnder({ consecutiveFailures: 1 });
  const headers = { 'retry-after-ms': '100.5' };
  const response = new Response(null, { status: 503, headers });
  circuit.admit(rule, lease)?.('failure', { response }, false);
  pass(100);
  expect([circuit.state, circuit.retryAfter]).toEqual(['open', 1]);
  pass(1);
  expect([circuit.state, circuit.retryAfter]).toEqual(['half-open', 0]);
});

describe('an attempt that insists', () => {
  it('passes an open circuit, and its 1 success closes that', () => {
    const { circuit, admit, fail } = circuitUnder();
    fail();
    expect(admit()).toBeUndefined();
    admit(true)?.('success');
    expect(circuit.state).toBe('closed');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('counts as 1 of the 2 successes that are asked for, before and after it is half-open', () => {
    const { circuit, admit, fail } = circuitUnder({ successThreshold: 2 });
    fail();
    admit(true)?.('success');
    expect(circuit.state).toBe('open');
    pass(100);
    admit()?.('success');
    expect(circuit.state).toBe('closed');
  });

  it.each(['failure', 'ignored'] as const)('changes nothing by a %s: 1 break of 100 ms', (end) => {
    const { circuit, admit, fail, breaks } = circuitUnder();
    fail();
    pass(40);
    admit(true)?.(end);
    expect([circuit.state, circuit.retryAfter]).toEqual(['open', 60]);
    expect(breaks()).toEqual([100]);
  });

  it('changes nothing by a success that was slow, 1 break of 100 ms', () => {
    const { circuit, admit, fail } = circuitUnder();
    fail();
    admit(true)?.('success', true);
    expect(circuit.state).toBe('open');
  });

  it('passes a half-open circuit without a free place, and closes it, or leaves it: 1 break', () => {
    for (const [fault, state] of [
      ['success', 'closed'],
      ['failure', 'half-open'],
      ['ignored', 'half-open'],
    ] as const) {
      const { circuit, admit, halfOpen, breaks } = circuitUnder();
      halfOpen();
      const probe = admit();
      expect(admit()).toBeUndefined();
      admit(true)?.(fault);
      expect(circuit.state).toBe(state);
      expect(breaks()).toEqual([100]);
      probe?.('ignored');
    }
  });

  it('is a probe like any other where 1 place is free: its failure re-opens', () => {
    const { circuit, admit, halfOpen } = circuitUnder();
    halfOpen();
    admit(true)?.('failure');
    expect([circuit.state, circuit.retryAfter]).toEqual(['open', 200]);
  });

  it('is one whose context says so: 1 of 2 gets through an open circuit', async () => {
    const { runtime } = runtimeOf();
    const context = contextOf();
    const next = vi.fn(async () => new Response());
    const send = circuitBreaker(quick, runtime, lease)(next);
    const circuit = circuitOf(context.state, runtime);
    circuit.open(quick);
    await expect(send(outgoing(), context)).rejects.toThrow(
      'is open; a probe is allowed in 100 ms',
    );
    expect((await send(outgoing(), { ...context, insist: true })).status).toBe(200);
    expect(next).toHaveBeenCalledTimes(1);
    expect(circuit.state).toBe('closed');
  });

  it('does not pass an isolated circuit, 0 of 1', () => {
    const { circuit, rule, admit } = circuitUnder();
    circuit.isolate(rule);
    expect(admit(true)).toBeUndefined();
  });
});

interface Attempt {
  readonly report: (fault: Fault, slow: boolean) => void;
  readonly generation: number;
  readonly place?: { readonly until: number };
}

/** What a circuit should do, written as plainly as can be. */
class Model {
  readonly #rule: CircuitRule;
  state: 'closed' | 'open' | 'half-open' | 'isolated' = 'closed';
  generation = 0;
  probeAt = 0;
  #inARow = 0;
  #reopenings = 0;
  #successes = 0;
  #places: { readonly until: number }[] = [];

  constructor(rule: CircuitRule) {
    this.#rule = rule;
  }

  become(state: Model['state']): void {
    this.state = state;
    this.generation++;
    this.#successes = 0;
    this.#places = [];
    if (state === 'closed') this.#inARow = 0;
    if (state === 'closed') this.#reopenings = 0;
  }

  open(reopenings: number, now: number): void {
    this.become('open');
    this.probeAt = now + Math.min(this.#rule.maxOpenFor, this.#rule.openFor * 2 ** reopenings);
  }

  turn(now: number): void {
    if (this.state === 'open' && now >= this.probeAt) this.state = 'half-open';
    this.#places = this.#places.filter(({ until }) => until > now);
  }

  refuses(): boolean {
    if (this.state === 'half-open') return this.#places.length >= this.#rule.probes;
    return this.state !== 'closed';
  }

  place(now: number): Attempt['place'] {
    if (this.state !== 'half-open' || this.refuses()) return undefined;
    const place = { until: now + lease };
    this.#places.push(place);
    return place;
  }

  end({ generation, place }: Attempt, fault: Fault, slow: boolean, now: number): void {
    if (generation !== this.generation) return;
    if (this.state === 'closed') {
      if (fault !== 'ignored') this.#inARow = fault === 'failure' ? this.#inARow + 1 : 0;
      if (this.#inARow >= this.#rule.consecutiveFailures) this.open(0, now);
      return;
    }
    this.#places = this.#places.filter((one) => one !== place);
    if (fault === 'success' && !slow) {
      if (++this.#successes >= this.#rule.successThreshold) this.become('closed');
    } else if (fault !== 'ignored' && place) this.open(++this.#reopenings, now);
  }
}

describe('in 300 orders of calls, ends, waits and an operator’s doings', () => {
  const faults = fc.constantFrom<Fault>('success', 'failure', 'failure', 'ignored');
  const steps = fc.array(
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ call: fc.constant(true), insists: fc.boolean() }) },
      { weight: 4, arbitrary: fc.record({ end: fc.nat(), fault: faults, slow: fc.boolean() }) },
      { weight: 3, arbitrary: fc.record({ wait: fc.constantFrom(0, 1, 25, 50, 100, 200, 799) }) },
      { weight: 1, arbitrary: fc.record({ by: fc.constantFrom('open', 'close', 'isolate') }) },
    ),
    { minLength: 1, maxLength: 80 },
  );
  const rules = fc.record({
    probes: fc.integer({ min: 1, max: 3 }),
    successThreshold: fc.integer({ min: 1, max: 3 }),
  });

  it('does as the model says, has no more than `probes` out at once, and never wedges', () => {
    const property = fc.property(steps, rules, (given, changes) => {
      const { circuit, rule, admit } = circuitUnder(changes);
      const model = new Model(rule);
      const out: Attempt[] = [];
      const probesOut = () =>
        out.filter(
          ({ generation, place }) =>
            generation === model.generation && place && place.until > performance.now(),
        ).length;
      for (const step of given) {
        if ('wait' in step) pass(step.wait);
        const now = performance.now();
        model.turn(now);
        if ('call' in step) {
          const refused = model.refuses();
          const report = admit(step.insists);
          const insisted = step.insists && model.state !== 'isolated';
          expect(report !== undefined).toBe(!refused || insisted);
          const place = model.place(now);
          const { generation } = model;
          if (report) out.push({ report, generation, ...(place && { place }) });
        }
        if ('end' in step && out.length > 0) {
          const [attempt] = out.splice(step.end % out.length, 1);
          attempt?.report(step.fault, step.slow);
          if (attempt) model.end(attempt, step.fault, step.slow, now);
        }
        if ('by' in step && step.by === 'close') {
          circuit.close();
          if (model.state !== 'closed') model.become('closed');
        }
        if ('by' in step && step.by === 'isolate') {
          circuit.isolate(rule);
          if (model.state !== 'isolated') model.become('isolated');
        }
        if ('by' in step && step.by === 'open') {
          circuit.open(rule);
          if (model.state === 'closed' || model.state === 'half-open') model.open(0, now);
        }
        expect(circuit.state).toBe(model.state);
        expect(circuit.refusing).toBe(model.refuses());
        expect(probesOut()).toBeLessThanOrEqual(rule.probes);
      }
      if (circuit.state === 'isolated') {
        pass(1_000_000);
        expect([circuit.state, admit()]).toEqual(['isolated', undefined]);
        return;
      }
      expect(circuit.retryAfter).toBeLessThanOrEqual(Math.max(lease, rule.maxOpenFor));
      pass(circuit.retryAfter);
      expect(circuit.refusing).toBe(false);
      expect(admit()).toBeDefined();
      circuit.dispose();
    });
    fc.assert(property, { numRuns: 300, seed: 7 });
  });
});
