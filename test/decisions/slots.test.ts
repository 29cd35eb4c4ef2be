import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { AdaptiveLimit } from '../../src/decisions/adaptive-limit.ts';
import { type ConcurrencyRule, Slots, type Waiter } from '../../src/decisions/slots.ts';

const sample = { duration: 10, inFlight: 1, dropped: false, now: 0 };

function ruleOf(max: number, changes: Partial<ConcurrencyRule> = {}): ConcurrencyRule {
  return { max, queue: 1_000, hold: 'headers', adaptive: false, ...changes };
}

/** A limit that adapts to nothing but the test. */
function adaptiveOf(initial: number, max: number = 200) {
  const adaptive = { min: 1, max, initial };
  let limit = initial;
  vi.spyOn(AdaptiveLimit.prototype, 'limit', 'get').mockImplementation(() => limit);
  vi.spyOn(AdaptiveLimit.prototype, 'record').mockImplementation(() => {});
  return {
    rule: ruleOf(max, { adaptive }),
    /** What the next sample makes of it. */
    set(slots: Slots, next: number) {
      limit = next;
      slots.record(adaptive, sample);
    },
  };
}

/** Waits under a name, which is written down when a slot is given. */
function queue(slots: Slots, rule: ConcurrencyRule, ...names: string[]) {
  const entered: string[] = [];
  const waiters = names.map((name) => slots.join(rule, () => entered.push(name)));
  return { entered, waiters };
}

function taken(slots: Slots, rule: ConcurrencyRule, count: number): boolean[] {
  return Array.from({ length: count }, () => slots.take(rule));
}

describe('slots', () => {
  test('are 2 of 2: a third call finds none until one is given back', () => {
    const slots = new Slots();
    const rule = ruleOf(2);
    expect(taken(slots, rule, 3)).toEqual([true, true, false]);
    expect([slots.inUse, slots.queued]).toEqual([2, 0]);
    slots.free();
    expect(slots.take(rule)).toBe(true);
    expect(slots.inUse).toBe(2);
  });

  test('go to those who wait in the order in which they came: 5 of 5', () => {
    const slots = new Slots();
    const rule = ruleOf(1);
    slots.take(rule);
    const { entered } = queue(slots, rule, 'a', 'b', 'c', 'd', 'e');
    expect([slots.inUse, slots.queued, slots.waitingUnder(rule)]).toEqual([1, 5, 5]);
    for (let left = 4; left >= 0; left--) {
      slots.free();
      expect([slots.inUse, slots.queued]).toEqual([1, left]);
    }
    expect(entered.join('')).toBe('abcde');
    slots.free();
    expect([slots.inUse, slots.queued]).toEqual([0, 0]);
  });

  test('pass over 3 who left, from the beginning, the middle and the end', () => {
    const slots = new Slots();
    const rule = ruleOf(1);
    slots.take(rule);
    const { entered, waiters } = queue(slots, rule, 'a', 'b', 'c', 'd', 'e');
    for (const index of [0, 2, 4]) slots.leave(waiters[index] as Waiter);
    expect(slots.queued).toBe(2);
    for (let count = 0; count < 3; count++) slots.free();
    expect(entered).toEqual(['b', 'd']);
    expect([slots.inUse, slots.queued]).toEqual([0, 0]);
  });

  test('are not given back by one who leaves 2 times, or after he was let in', () => {
    const slots = new Slots();
    const rule = ruleOf(1);
    slots.take(rule);
    const { entered, waiters } = queue(slots, rule, 'a', 'b', 'c');
    const [first, second] = waiters as [Waiter, Waiter];
    slots.leave(second);
    slots.leave(second);
    expect(slots.queued).toBe(2);
    slots.free();
    slots.leave(first);
    expect([entered, slots.inUse, slots.queued]).toEqual([['a'], 1, 1]);
  });

  test('belong to 1 origin, and are made when they are first asked for', () => {
    const [one, other] = [
      { origin: 'https://one.test', inFlight: 0 },
      { origin: 'https://other.test', inFlight: 0 },
    ];
    expect(Slots.peek(one)).toBeUndefined();
    const slots = Slots.of(one);
    expect(Slots.of(one)).toBe(slots);
    expect(Slots.peek(one)).toBe(slots);
    expect(Slots.of(other)).not.toBe(slots);
  });
});

describe('a limit that changes', () => {
  test('from 4 to 2 takes no slot away: those who wait go in when less than 2 are used', () => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(4);
    expect(taken(slots, rule, 5)).toEqual([true, true, true, true, false]);
    const { entered } = queue(slots, rule, 'a', 'b');
    set(slots, 2);
    expect([slots.inUse, slots.limitOf(rule)]).toEqual([4, 2]);
    const seen = [];
    for (let count = 0; count < 4; count++) {
      slots.free();
      seen.push([slots.inUse, entered.length]);
    }
    expect(seen).toEqual([
      [3, 0],
      [2, 0],
      [2, 1],
      [2, 2],
    ]);
  });

  test('from 1 to 4 lets 3 in at once', () => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(1);
    slots.take(rule);
    const { entered } = queue(slots, rule, 'a', 'b', 'c', 'd');
    set(slots, 4);
    expect(entered).toEqual(['a', 'b', 'c']);
    expect([slots.inUse, slots.queued]).toEqual([4, 1]);
  });

  test('is the initial 20 before the first sample, and 7 slots where 7.9 were found', () => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(20);
    expect(slots.limitOf(rule)).toBe(20);
    set(slots, 7.9);
    expect(slots.limitOf(rule)).toBe(7);
  });

  test.each([
    [0, 1],
    [0.2, 1],
    [-3, 1],
    [500, 30],
  ])('to %d is one of %d: never without a slot, never above the rule’s own 30', (found, limit) => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(20, 30);
    set(slots, found);
    expect(slots.limitOf(rule)).toBe(limit);
  });

  test('makes 1 AdaptiveLimit for an origin, which hears every sample and the rule', () => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(20);
    for (const limit of [21, 22]) set(slots, limit);
    expect(AdaptiveLimit.prototype.record).toHaveBeenCalledTimes(2);
    expect(AdaptiveLimit.prototype.record).toHaveBeenLastCalledWith(rule.adaptive, sample);
    expect(new Set(vi.mocked(AdaptiveLimit.prototype.record).mock.contexts).size).toBe(1);
  });
});

describe('calls to 1 origin under 2 rules', () => {
  const [many, few] = [ruleOf(4), ruleOf(1)];

  test('wait for their own limit: 1 that may use 1 slot does not hold up those who may use 4', () => {
    const slots = new Slots();
    taken(slots, many, 4);
    const patient = queue(slots, few, 'few');
    const { entered } = queue(slots, many, 'a', 'b');
    slots.free();
    slots.free();
    expect([patient.entered, entered]).toEqual([[], ['a', 'b']]);
    for (let count = 0; count < 3; count++) slots.free();
    expect(patient.entered).toEqual([]);
    slots.free();
    expect(patient.entered).toEqual(['few']);
  });

  test('go in as they came where both may: 3 of 4 in 2 lines', () => {
    const slots = new Slots();
    const { rule, set } = adaptiveOf(1);
    const other = { ...rule, queue: 2 };
    slots.take(rule);
    const order: string[] = [];
    for (const [name, held] of Object.entries({ a: rule, b: other, c: rule, d: other })) {
      slots.join(held, () => order.push(name));
    }
    set(slots, 4);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  test('are counted line by line, and 2 rules that say the same are 1 line', () => {
    const slots = new Slots();
    taken(slots, many, 4);
    queue(slots, many, 'a', 'b');
    queue(slots, ruleOf(4), 'c');
    queue(slots, few, 'd');
    expect([slots.waitingUnder(many), slots.waitingUnder(few), slots.queued]).toEqual([3, 1, 4]);
  });
});

describe('100,000 who wait', () => {
  const crowd = 100_000;

  /** A rule that counts how often it is asked for its limit. */
  function countingRule() {
    const asked = { times: 0 };
    const rule = ruleOf(1, { queue: crowd });
    Object.defineProperty(rule, 'max', {
      get() {
        asked.times++;
        return 1;
      },
    });
    return { rule, asked };
  }

  test('cost no more than 4 looks at a limit each, to join and to be let in', () => {
    const slots = new Slots();
    const { rule, asked } = countingRule();
    slots.take(rule);
    let entered = 0;
    for (let count = 0; count < crowd; count++) slots.join(rule, () => entered++);
    for (let count = 0; count < crowd; count++) slots.free();
    expect([entered, slots.inUse, slots.queued]).toEqual([crowd, 1, 0]);
    expect(asked.times).toBeLessThan(4 * crowd);
  });

  test('under rules of their own leave nothing behind: 0 looks at 1,000 limits', () => {
    const slots = new Slots();
    let asked = 0;
    slots.take(ruleOf(1));
    for (let queue = 1; queue <= 1_000; queue++) {
      const rule = ruleOf(1, { queue });
      slots.leave(slots.join(rule, () => {}));
      Object.defineProperty(rule, 'max', { get: () => ++asked });
    }
    slots.free();
    expect(asked).toBe(0);
  });

  test('touch no more than 2 neighbours each when they leave, from the middle outward', () => {
    const slots = new Slots();
    const rule = ruleOf(1, { queue: crowd });
    slots.take(rule);
    const waiters = Array.from({ length: crowd }, () => slots.join(rule, () => {}));
    let written = 0;
    for (const waiter of waiters) {
      for (const key of ['before', 'after'] as const) {
        let value = waiter[key];
        Object.defineProperty(waiter, key, {
          get: () => value,
          set(next: Waiter | undefined) {
            written++;
            value = next;
          },
        });
      }
    }
    const middle = crowd / 2;
    for (let step = 0; step < middle; step++) {
      slots.leave(waiters[middle + step] as Waiter);
      slots.leave(waiters[middle - 1 - step] as Waiter);
    }
    expect([slots.inUse, slots.queued]).toEqual([1, 0]);
    expect(written).toBeLessThanOrEqual(4 * crowd);
  });
});

/** Slots as one would write them who need not care what they cost. */
class Model {
  inUse = 0;
  readonly waiting: { readonly name: number; readonly max: () => number }[] = [];
  readonly entered: number[] = [];

  letIn(): void {
    for (;;) {
      const index = this.waiting.findIndex(({ max }) => this.inUse < max());
      if (index < 0) return;
      const [next] = this.waiting.splice(index, 1);
      this.inUse++;
      if (next) this.entered.push(next.name);
    }
  }
}

describe('whatever the order of arrivals, aborts, ends and limits', () => {
  const step = fc.oneof(
    { weight: 5, arbitrary: fc.record({ arrive: fc.nat({ max: 2 }) }) },
    { weight: 3, arbitrary: fc.record({ end: fc.constant(true) }) },
    { weight: 2, arbitrary: fc.record({ abort: fc.integer({ min: 0, max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ limit: fc.integer({ min: 1, max: 6 }) }) },
  );

  test('every slot is used, none twice, first come first, and 0 are left in use: 1,000 runs', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { rule, set } = adaptiveOf(3, 6);
        const rules = [ruleOf(1), ruleOf(4), rule];
        const slots = new Slots();
        const model = new Model();
        const waiters = new Map<number, Waiter>();
        const entered: number[] = [];
        let limit = 3;
        const maxOf = [() => 1, () => 4, () => limit];
        let names = 0;

        for (const each of steps) {
          if ('arrive' in each) {
            const held = rules[each.arrive] as ConcurrencyRule;
            const max = maxOf[each.arrive] as () => number;
            const name = names++;
            const free = model.inUse < max();
            expect(slots.take(held)).toBe(free);
            if (free) model.inUse++;
            else {
              model.waiting.push({ name, max });
              const enter = () => {
                expect(slots.inUse).toBeLessThanOrEqual(max());
                entered.push(name);
              };
              waiters.set(name, slots.join(held, enter));
            }
          } else if ('end' in each) {
            if (model.inUse === 0) continue;
            model.inUse--;
            model.letIn();
            slots.free();
          } else if ('abort' in each) {
            const [gone] = model.waiting.splice(each.abort % (model.waiting.length + 1), 1);
            const waiter = gone ? waiters.get(gone.name) : waiters.get(each.abort);
            if (waiter && (gone || entered.includes(each.abort))) slots.leave(waiter);
          } else {
            limit = each.limit;
            set(slots, limit);
            model.letIn();
          }
          expect(entered).toEqual(model.entered);
          expect([slots.inUse, slots.queued]).toEqual([model.inUse, model.waiting.length]);
        }

        while (slots.inUse > 0) slots.free();
        expect([slots.inUse, slots.queued]).toEqual([0, 0]);
        expect(new Set(entered).size).toBe(entered.length);
      }),
      { numRuns: 1_000, seed: 7 },
    );
  });
});
