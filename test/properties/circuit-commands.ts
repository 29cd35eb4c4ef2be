import fc from 'fast-check';
import { expect, vi } from 'vitest';
import { Emitter, type EventName } from '../../src/core/events.ts';
import type { Fault } from '../../src/decisions/classify.ts';
import type { CircuitRule } from '../../src/decisions/trip.ts';
import { circuitOf } from '../../src/strategies/circuit.ts';
import { seeded } from '../support/seeded.ts';
import type { CircuitModel, Expected } from './circuit-model.ts';

/** All waits are whole steps, which are as long as the longest slice of a window, so that windows are exact. */
const step = 400;

/** The rules of different callers, and of one before and after it was reconfigured. */
const rules: fc.Arbitrary<CircuitRule> = fc.record({
  failureRatio: fc.constantFrom(0.25, 0.5, 1),
  minimumThroughput: fc.constantFrom(2, 4, 6),
  window: fc.constantFrom(2_000, 4_000),
  consecutiveFailures: fc.constantFrom(1, 3, 5, 100),
  slowCallDuration: fc.constantFrom<number | false>(false, 300),
  slowCallRatio: fc.constantFrom(0.25, 0.5, 1),
  openFor: fc.constantFrom(400, 1_000),
  maxOpenFor: fc.constantFrom(1_000, 6_000),
  probes: fc.integer({ min: 1, max: 3 }),
  successThreshold: fc.integer({ min: 1, max: 3 }),
  enforce: fc.constantFrom(true, true, false),
});

/** The shipping circuit, with what was told of it and what is out. */
export class CircuitUnderTest {
  readonly told: { readonly name: string; readonly event: object }[] = [];
  readonly out: ((fault: Fault, slow: boolean, asked: number) => void)[] = [];
  readonly met: Record<string, number>;
  readonly circuit;
  rule: CircuitRule | undefined;

  constructor(seed: number, met: Record<string, number>) {
    const events = new Emitter();
    const names: EventName[] = ['circuit.opened', 'circuit.halfOpened', 'circuit.closed'];
    for (const name of [...names, 'circuit.isolated'] as EventName[]) {
      events.on(name, (event) => this.told.push({ name, event }));
    }
    const runtime = { name: 'test', events, random: seeded(seed) };
    this.circuit = circuitOf({ origin: 'https://api.test', inFlight: 0 }, runtime);
    this.met = met;
  }

  begin(rule: CircuitRule, lease: number, insists: boolean): boolean {
    const report = this.circuit.admit(rule, lease, insists);
    if (!report) return false;
    this.out.push((fault, slow, asked) => {
      const headers = { 'retry-after-ms': String(asked) };
      report(fault, { response: new Response(null, { status: 503, headers }) }, slow);
    });
    return true;
  }

  meet(what: string): void {
    this.met[what] = (this.met[what] ?? 0) + 1;
  }
}

/** One thing that happens, to the model and to the circuit, which must tell the same of it and be the same after it. */
abstract class Step implements fc.Command<CircuitModel, CircuitUnderTest> {
  abstract check(model: Readonly<CircuitModel>): boolean;
  protected abstract happen(model: CircuitModel, real: CircuitUnderTest): Expected[];
  abstract toString(): string;

  run(model: CircuitModel, real: CircuitUnderTest): void {
    const expected = this.happen(model, real);
    const told = real.told.splice(0);
    expect(told.map(({ name }) => name)).toEqual(expected.map(({ name }) => name));
    for (const [index, one] of expected.entries()) agree(one, told[index]?.event, model, real);
    const { circuit } = real;
    expect(circuit.state).toBe(model.state);
    expect(circuit.retryAfter).toBe(model.retryAfter);
    expect(circuit.refusing).toBe(model.refusing);
    expect(circuit.totals).toEqual(model.totals);
    expect(vi.getTimerCount()).toBe(model.state === 'open' ? 1 : 0);
  }
}

function agree(
  expected: Expected,
  told: unknown,
  model: CircuitModel,
  { circuit, meet, met }: CircuitUnderTest,
): void {
  if (!('reason' in expected)) return;
  meet.call({ met }, expected.reason);
  expect(told).toMatchObject({ reason: expected.reason });
  if (!('between' in expected)) return;
  const { openFor } = told as { openFor: number };
  const [least, most] = expected.between;
  expect(openFor).toBeGreaterThanOrEqual(least);
  expect(openFor).toBeLessThanOrEqual(most);
  expect(told).toMatchObject({ ...circuit.totals });
  model.lasts(openFor);
}

class Begin extends Step {
  readonly lease: number;
  readonly insists: boolean;

  constructor(lease: number, insists: boolean) {
    super();
    this.lease = lease;
    this.insists = insists;
  }

  check() {
    return true;
  }

  happen(model: CircuitModel, real: CircuitUnderTest): Expected[] {
    const rule = ruleOf(real);
    const isLetOut = model.begin(rule, this.lease, this.insists);
    if (isLetOut && this.insists && model.state !== 'closed') real.meet('insisting');
    expect(real.begin(rule, this.lease, this.insists)).toBe(isLetOut);
    return [];
  }

  toString() {
    return `begin(${this.lease}${this.insists ? ', insists' : ''})`;
  }
}

class End extends Step {
  readonly which: number;
  readonly fault: Fault;
  readonly slow: boolean;
  readonly asked: number;

  constructor(which: number, fault: Fault, slow: boolean, asked: number) {
    super();
    this.which = which;
    this.fault = fault;
    this.slow = slow;
    this.asked = asked;
  }

  check(model: Readonly<CircuitModel>) {
    return model.out.length > 0;
  }

  happen(model: CircuitModel, real: CircuitUnderTest): Expected[] {
    const index = this.which % model.out.length;
    const out = model.out[index];
    const slow = this.slow && out?.rule.slowCallDuration !== false;
    if (out && !model.isHeard(out)) real.meet('stale');
    if ((out?.until ?? model.now) < model.now) real.meet('expired');
    const expected = model.end(index, this.fault, slow, this.asked);
    const [end] = real.out.splice(index, 1);
    end?.(this.fault, slow, this.asked);
    return expected;
  }

  toString() {
    return `end(${this.which}, ${this.fault}${this.slow ? ', slow' : ''}, ${this.asked})`;
  }
}

class Pass extends Step {
  readonly milliseconds: number;

  constructor(milliseconds: number) {
    super();
    this.milliseconds = milliseconds;
  }

  check() {
    return true;
  }

  happen(model: CircuitModel): Expected[] {
    vi.advanceTimersByTime(this.milliseconds);
    return model.pass(this.milliseconds);
  }

  toString() {
    return `pass(${this.milliseconds})`;
  }
}

class Reconfigure extends Step {
  readonly rule: CircuitRule;

  constructor(rule: CircuitRule) {
    super();
    this.rule = rule;
  }

  check() {
    return true;
  }

  happen(_: CircuitModel, real: CircuitUnderTest): Expected[] {
    real.rule = this.rule;
    return [];
  }

  toString() {
    return `reconfigure(${JSON.stringify(this.rule)})`;
  }
}

class Order extends Step {
  readonly order: 'open' | 'isolate' | 'close';

  constructor(order: 'open' | 'isolate' | 'close') {
    super();
    this.order = order;
  }

  check() {
    return true;
  }

  happen(model: CircuitModel, real: CircuitUnderTest): Expected[] {
    const rule = ruleOf(real);
    if (this.order === 'close') {
      real.circuit.close();
      return model.close();
    }
    real.circuit[this.order](rule);
    return model[this.order](rule);
  }

  toString() {
    return `${this.order}()`;
  }
}

/** As it is until somebody says otherwise. */
const first: CircuitRule = {
  failureRatio: 0.5,
  minimumThroughput: 4,
  window: 2_000,
  consecutiveFailures: 3,
  slowCallDuration: 300,
  slowCallRatio: 0.5,
  openFor: 1_000,
  maxOpenFor: 6_000,
  probes: 2,
  successThreshold: 2,
  enforce: true,
};

function ruleOf({ rule }: CircuitUnderTest): CircuitRule {
  return rule ?? first;
}

const begin = fc
  .tuple(fc.constantFrom(300, 700, 5_000), fc.constantFrom(false, false, false, true))
  .map(([lease, insists]) => new Begin(lease, insists));

const end = fc
  .tuple(
    fc.nat({ max: 20 }),
    fc.constantFrom<Fault>(...(['success', 'success', 'success'] as const), 'failure', 'ignored'),
    fc.boolean(),
    fc.constantFrom(0, 0, 0, 700, 9_000),
  )
  .map((given) => new End(...given));

const terminal = fc
  .tuple(fc.nat({ max: 20 }), fc.constant<Fault>('terminal'), fc.boolean(), fc.constant(0))
  .map((given) => new End(...given));

const pass = fc.tuple(fc.constantFrom(1, 1, 2, 3, 5, 10)).map(([steps]) => new Pass(steps * step));

const order = fc
  .constantFrom<Order['order']>('open', 'isolate', 'close', 'close')
  .map((given) => new Order(given));

/** Histories: what is more frequent in life stands here more often. */
export const commands = fc.commands(
  [
    ...[begin, begin, begin, begin, end, end, end, end, pass, pass],
    ...[terminal, order, rules.map((rule) => new Reconfigure(rule))],
  ],
  { maxCommands: 150, size: 'max' },
);
