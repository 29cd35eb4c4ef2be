import { describe, expect, test } from 'vitest';
import {
  type Journal,
  type JournalEntry,
  memoryJournal,
  resume,
  SagaError,
  type Step,
  saga,
  settle,
} from '../../src/saga.ts';
import { rejection } from '../support/wire-call.ts';
import { times, wordOf } from './given.ts';

const names = ['reserve', 'charge', 'ship'];

/** A world that does what a key asks for once, and says again what it said. */
class World {
  readonly effects = new Map<string, string>();
  readonly #said = new Map<string, string | Error>();
  requests = 0;

  /** The saga of three steps in it, the last of which can be refused. */
  order(declined: boolean) {
    return async (step: Step) => {
      const given: string[] = [];
      for (const name of names) {
        const gave = await step(
          name,
          ({ idempotencyKey }) =>
            this.#once(idempotencyKey, () => {
              if (declined && name === 'ship') return new Error('declined');
              this.effects.set(name, `${name}-${this.requests}`);
              return `${name}-${this.requests}`;
            }),
          {
            undo: (id, { idempotencyKey }) => {
              this.#once(idempotencyKey, () => {
                if (this.effects.get(name) !== id) throw new Error(`no effect ${id}`);
                this.effects.delete(name);
                return '';
              });
            },
            policy: times(1),
            undoPolicy: times(1),
          },
        );
        given.push(gave);
      }
      return given;
    };
  }

  #once(key: string, act: () => string | Error): string {
    this.requests++;
    const said = this.#said.get(key) ?? act();
    this.#said.set(key, said);
    if (said instanceof Error) throw said;
    return said;
  }
}

/** A journal that the process does not outlive: it is gone before an entry is written, or just after. */
function crashing(journal: Journal, entry: number, written: boolean): Journal {
  let count = 0;
  return {
    read: journal.read,
    async append(given) {
      if (count < entry || (count === entry && written)) await journal.append(given);
      if (count++ >= entry) throw new Error('crash');
    },
  };
}

describe.each([
  [false, 'finish'],
  [false, 'undo'],
  [true, 'finish'],
  [true, 'undo'],
] as const)('an order, declined: %s, taken up to %s', (declined, unfinished) => {
  test('is done or undone, each step once, wherever the process was gone: 1 of 8 or 12 places, before or after', async () => {
    let crashes = 0;
    for (let entry = 0; entry < (declined ? 12 : 8); entry++) {
      for (const written of [false, true]) {
        const world = new World();
        const journal = memoryJournal();
        const body = world.order(declined);
        const error = await rejection(
          saga('order', body, { journal: crashing(journal, entry, written) }),
        );
        expect(error).toHaveProperty('name', entry === 0 ? 'JournalError' : 'SagaError');
        const [resumed] = await resume(journal, { order: body }, { unfinished });
        crashes++;
        const last = entry === (declined ? 11 : 7);
        if ((entry === 0 || last) && written === (entry !== 0)) {
          expect(resumed).toBeUndefined();
          expect([...world.effects.keys()]).toEqual(last && !declined ? names : []);
          continue;
        }
        const isDone = !declined && unfinished === 'finish';
        expect(resumed?.outcome).toBe(isDone ? 'done' : 'undone');
        expect([...world.effects.keys()]).toEqual(isDone ? names : []);
        if (isDone) expect(resumed?.result).toEqual([...world.effects.values()]);
        expect(await resume(journal, { order: body })).toEqual([]);
      }
    }
    expect(crashes).toBe(declined ? 24 : 16);
  });
});

/** A journal of one saga that is at these entries. */
async function at(...entries: (Omit<JournalEntry, 'saga'> & object)[]): Promise<Journal> {
  const journal = memoryJournal();
  const all = [{ type: 'saga.begun', name: 'order', input: 7 }, ...entries];
  for (const entry of all) await journal.append({ ...entry, saga: 'order-1' } as JournalEntry);
  return journal;
}

const begun = (step: string) => ({ type: 'step.begun', step, undoable: true }) as const;
const done = (step: string, result?: unknown) => ({ type: 'step.done', step, result }) as const;

test('gives a step’s result and the input back, and repeats 0 actions', async () => {
  const journal = await at(begun('reserve'), done('reserve', { id: 3 }));
  let repeated = 0;
  const order = async (step: Step, { input, id }: { input: number; id: string }) => {
    const { id: reserved } = await step('reserve', () => ({ id: ++repeated }));
    return [reserved, input, id];
  };
  expect(await resume(journal, { order })).toEqual([
    { name: 'order', id: 'order-1', outcome: 'done', result: [3, 7, 'order-1'] },
  ]);
  expect(repeated).toBe(0);
});

describe('code that is not that of the journal is told, and 0 things are done', () => {
  let acted = 0;
  const act = () => ++acted;
  const undo = { undo: act };

  test.each<[string, (step: Step) => Promise<unknown>]>([
    [
      'step 2 is "charge" in the journal, and "ship" now',
      async (step) => {
        await step('reserve', act, undo);
        await step('ship', act, undo);
      },
    ],
    [
      'step 1 is "reserve" in the journal, and "charge" now',
      async (step) => {
        await step('charge', act, undo);
        await step('reserve', act, undo);
      },
    ],
    [
      'step 2 is "charge" in the journal, and not reached now',
      (step) => step('reserve', act, undo),
    ],
    [
      'step 1 is "reserve" in the journal, and not reached now',
      async () => {
        throw new Error('a bug');
      },
    ],
  ])('1 of 4: %s', async (message, order) => {
    for (const unfinished of ['finish', 'undo'] as const) {
      const journal = await at(begun('reserve'), done('reserve'), begun('charge'));
      const [resumed] = await resume(journal, { order }, { unfinished });
      expect(resumed?.outcome).toBe('open');
      expect(resumed?.error).toBeInstanceOf(SagaError);
      expect((resumed?.error as Error | undefined)?.message).toContain(message);
      expect(await journal.read()).toHaveLength(4);
    }
    expect(acted).toBe(0);
  });
});

test('leaves a saga that it knows no code for: 1 is told as open', async () => {
  const journal = await at();
  for (const sagas of [{}, { order: 5 }]) {
    const [resumed] = await resume(journal, sagas as Record<string, never>);
    expect(resumed).toMatchObject({ outcome: 'open', name: 'order', id: 'order-1' });
  }
  expect(await journal.read()).toHaveLength(1);
});

test('refuses a choice that there is none of, before anything is done: 2 of 2', async () => {
  const journal = await at();
  const sagas = { order: () => expect.unreachable('nobody asked for that') };
  await expect(resume(journal, sagas, { unfinished: 'undone' as 'undo' })).rejects.toThrow(
    'resume: unfinished: expected "finish" or "undo"',
  );
  await expect(resume(journal, sagas, { stuck: 'again' as 'retry' })).rejects.toThrow(
    'resume: stuck: expected "leave" or "retry"',
  );
  expect(await journal.read()).toHaveLength(1);
});

test('a step that can’t be repeated is never: the saga is stuck with 1 step, the other is undone', async () => {
  const journal = await at(begun('reserve'), done('reserve'), begun('charge'));
  const told: string[] = [];
  const order = async (step: Step) => {
    await step('reserve', () => {}, { undo: () => told.push('released') });
    await step('charge', () => told.push('charged'), {
      undo: () => told.push('refunded'),
      idempotent: false,
    });
  };
  const [resumed] = await resume(journal, { order });
  expect(resumed).toMatchObject({
    outcome: 'stuck',
    error: { left: [{ name: 'charge', state: 'begun' }] },
  });
  expect(told).toEqual(['released']);
});

test('an error from before the crash comes back with its 2 words', async () => {
  const error = { name: 'StockError', message: 'no stock' };
  const journal = await at(begun('reserve'), {
    type: 'step.failed',
    step: 'reserve',
    uncertain: false,
    error,
  } as never);
  const order = (step: Step) =>
    step('reserve', () => expect.unreachable('it is over'), { undo: () => {} });
  const [resumed] = await resume(journal, { order });
  expect(resumed).toMatchObject({ outcome: 'undone', error });
});

describe('a saga that is stuck', () => {
  async function stuck() {
    const journal = memoryJournal();
    const world = { broken: true, undone: 0 };
    const order = async (step: Step) => {
      await step('reserve', () => 1, {
        undo: () => {
          if (world.broken) throw new Error('down');
          world.undone++;
        },
        undoPolicy: times(1),
      });
      throw new Error('no stock');
    };
    await rejection(saga('order', order, { journal, id: 'order-1' }));
    return { journal, world, sagas: { order } };
  }

  test('is told of at each of 2 resumes, and left alone: somebody may be at it', async () => {
    const { journal, world, sagas } = await stuck();
    world.broken = false;
    for (const _ of [1, 2]) {
      const [resumed] = await resume(journal, sagas);
      expect(resumed).toMatchObject({
        outcome: 'stuck',
        error: { left: [{ name: 'reserve', result: 1 }] },
      });
      expect((resumed?.error as Error | undefined)?.cause).toMatchObject({ message: 'no stock' });
    }
    expect(world.undone).toBe(0);
  });

  test('is tried again where that is asked for, 2 times if need be', async () => {
    const { journal, world, sagas } = await stuck();
    expect(await resume(journal, sagas, { stuck: 'retry' })).toMatchObject([{ outcome: 'stuck' }]);
    world.broken = false;
    expect(await resume(journal, sagas, { stuck: 'retry' })).toMatchObject([{ outcome: 'undone' }]);
    expect(await resume(journal, sagas, { stuck: 'retry' })).toEqual([]);
    expect(world.undone).toBe(1);
  });

  test('is settled by hand 1 time, and then told of no more', async () => {
    const { journal, sagas } = await stuck();
    await settle(journal, 'order-1');
    expect(await resume(journal, sagas)).toEqual([]);
    await expect(settle(journal, 'order-1')).rejects.toThrow('not stuck');
    await expect(settle(journal, 'order-2')).rejects.toThrow('not stuck');
  });
});

test('2 resumes at once, and one beside a saga that runs, do each step 1 time', async () => {
  const journal = await at(begun('reserve'));
  await journal.append({ type: 'saga.begun', saga: 'order-2', name: 'order' });
  const acted: string[] = [];
  const order = (step: Step, { id }: { id: string }) =>
    step('reserve', async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      acted.push(id);
    });
  const running = saga('order', order, { journal, id: 'order-3' });
  const found = await Promise.all([resume(journal, { order }), resume(journal, { order })]);
  await running;
  expect(acted.toSorted()).toEqual(['order-1', 'order-2', 'order-3']);
  expect(
    found
      .flat()
      .map(({ id, outcome }) => `${id} ${outcome}`)
      .toSorted(),
  ).toEqual(['order-1 done', 'order-2 done']);
});

test('takes them up in the order in which they were begun, and one that fails keeps 0 others back', async () => {
  const journal = memoryJournal();
  for (const saga of ['b', 'a', 'c'])
    await journal.append({ type: 'saga.begun', saga, name: 'order' });
  const order = async (_: Step, { id }: { id: string }) => {
    if (id === 'a') throw new Error('no');
  };
  const resumed = await resume(journal, { order });
  expect(resumed.map(({ id, outcome }) => [id, outcome])).toEqual([
    ...[
      ['b', 'done'],
      ['a', 'undone'],
      ['c', 'done'],
    ],
  ]);
  expect((await journal.read()).map(wordOf).filter((word) => word === 'saga.ended')).toHaveLength(
    3,
  );
});
