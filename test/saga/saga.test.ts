import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { withContext } from '../../src/context.ts';
import {
  JournalError,
  memoryJournal,
  resume,
  SagaError,
  type Step,
  type StepContext,
  saga,
} from '../../src/saga.ts';
import { rejection } from '../support/wire-call.ts';
import { late, times, toldJournal } from './given.ts';

const once = times(1);

test('does 2 steps, and has the journal know of each before and after', async () => {
  const told: string[] = [];
  const act = (name: string) => () => void told.push(name);
  const result = await saga(
    'order',
    async (step) => {
      await step('reserve', act('reserving'));
      await step('charge', act('charging'));
      return 7;
    },
    { journal: toldJournal(told) },
  );
  expect(result).toBe(7);
  expect(told).toEqual([
    'saga.begun',
    ...['step.begun reserve', 'reserving', 'step.done reserve'],
    ...['step.begun charge', 'charging', 'step.done charge'],
    'saga.ended',
  ]);
});

test('undoes 2 steps, the last first, with what they gave, where the 3rd fails; the error is that of the 3rd', async () => {
  const told: string[] = [];
  const thrown = new Error('no stock');
  const work = saga(
    'order',
    async (step) => {
      for (const name of ['reserve', 'charge']) {
        await step(name, () => ({ id: name.length }), {
          undo: ({ id }) => void told.push(`undoing ${name} ${id}`),
        });
      }
      await step('ship', () => Promise.reject(thrown), {
        undo: () => void told.push('never'),
        policy: once,
      });
    },
    { journal: toldJournal(told) },
  );
  expect(await rejection(work)).toBe(thrown);
  expect(told.slice(5)).toEqual([
    'step.begun ship',
    'step.failed ship',
    ...['undo.begun charge', 'undoing charge 6', 'undo.done charge'],
    ...['undo.begun reserve', 'undoing reserve 7', 'undo.done reserve'],
    'saga.ended',
  ]);
});

test('gives 1 key to 3 attempts of a step, another to 3 of its undo, and others to another saga', async () => {
  const keys: string[] = [];
  const flaky = ({ attempt, idempotencyKey }: StepContext) => {
    keys.push(idempotencyKey);
    if (attempt < 3) throw new Error('busy');
  };
  const body = async (step: Step) => {
    await step('charge/é', flaky, {
      undo: (_, context) => flaky(context),
      policy: times(3),
      undoPolicy: times(3),
    });
    throw new Error('no stock');
  };
  await rejection(saga('order', body, { id: 'order 4711' }));
  const charge = 'order%204711/charge%2F%C3%A9';
  expect(keys).toEqual([...Array(3).fill(charge), ...Array(3).fill(`${charge}/undo`)]);
  await rejection(saga('order', body));
  expect(new Set(keys).size).toBe(4);
});

test('a bug between 2 steps undoes the 1st', async () => {
  const undone: number[] = [];
  const work = saga('order', async (step) => {
    const order = await step('reserve', () => ({ id: 1 }), { undo: ({ id }) => undone.push(id) });
    Reflect.get(order, 'item').name;
    await step('charge', () => undone.push(2));
  });
  expect(await rejection(work)).toBeInstanceOf(TypeError);
  expect(undone).toEqual([1]);
});

describe('an abort', () => {
  test('in the middle of the 2nd step tells it, and undoes both; the undoing hears nothing of it', async () => {
    const controller = new AbortController();
    const reason = new Error('the user has left');
    const told: string[] = [];
    const effects = new Set<string>();
    let requests = 0;
    const work = saga(
      'order',
      async (step, { signal }) => {
        expect(signal).toBe(controller.signal);
        const undo = (name: string, context: StepContext) => {
          told.push(`${name} ${context.signal.aborted}`);
          effects.delete(name);
        };
        await step('reserve', () => effects.add('reserve').size, {
          undo: (_, context) => undo('reserve', context),
        });
        await step(
          'charge',
          async ({ signal }) => {
            effects.add('charge');
            if (++requests > 1) return;
            setImmediate(() => controller.abort(reason));
            await delay(60_000, undefined, { signal });
          },
          { undo: (_, context) => undo('charge', context) },
        );
      },
      { signal: controller.signal },
    );
    await rejection(work);
    expect(requests).toBe(2);
    expect(told).toEqual(['charge false', 'reserve false']);
    expect(effects.size).toBe(0);
  });

  test('between 2 steps lets no further one begin; before the 1st, the saga is not begun', async () => {
    const controller = new AbortController();
    const told: string[] = [];
    const journal = toldJournal(told);
    const { signal } = controller;
    const reason = new Error('enough');
    const body = async (step: Step) => {
      await step('reserve', () => {}, { undo: () => {} });
      controller.abort(reason);
      await step('charge', () => void told.push('charging'));
    };
    expect(await rejection(saga('order', body, { journal, signal }))).toBe(reason);
    expect(told.slice(3)).toEqual([
      ...['saga.failed', 'undo.begun reserve', 'undo.done reserve', 'saga.ended'],
    ]);
    expect(await rejection(saga('order', body, { journal, signal }))).toBe(reason);
    expect(told).toHaveLength(7);
  });
});

describe('a step that may have taken effect', () => {
  /** A step that fails as it is told, attempt by attempt, and then gives 7. */
  async function order(errors: unknown[], options: object = {}) {
    const keys = new Set<string>();
    const undone: unknown[] = [];
    let requests = 0;
    const error = await rejection(
      saga('order', async (step) => {
        await step(
          'charge',
          ({ idempotencyKey }) => {
            keys.add(idempotencyKey);
            if (requests++ < errors.length) throw errors[requests - 1];
            return 7;
          },
          { undo: (result) => undone.push(result), policy: once, ...options },
        );
      }),
    );
    return { error, keys: keys.size, requests, undone };
  }

  test('is asked 1 more time under its key, and undone with what it gave', async () => {
    const error = late();
    expect(await order([error])).toEqual({ error, keys: 1, requests: 2, undone: [7] });
  });

  test('is left as it is where the answer to that is a no: 2 requests, 0 undone', async () => {
    const error = late();
    const outcome = await order([error, new Error('declined')]);
    expect(outcome).toEqual({ error, keys: 1, requests: 2, undone: [] });
  });

  test('is stuck where that is not answered either: 1 step is left for a person', async () => {
    const { error, requests } = await order([late(), late(), late()]);
    expect(requests).toBe(2);
    expect(error).toBeInstanceOf(SagaError);
    const { state, left } = error as SagaError;
    expect([state, left.map(({ name, state }) => [name, state])]).toEqual([
      'stuck',
      [['charge', 'uncertain']],
    ]);
  });

  test('is never asked again where it is not idempotent: 1 request, whatever its policy', async () => {
    const { error, requests } = await order([late()], { idempotent: false, policy: times(5) });
    expect(requests).toBe(1);
    expect(error).toMatchObject({ state: 'stuck', left: [{ name: 'charge' }] });
  });

  test('is what the user says it is, in 2 directions', async () => {
    const no = new Error('declined');
    const certain = await order([late()], { uncertain: () => false });
    expect([certain.requests, certain.undone]).toEqual([1, []]);
    const uncertain = await order([no], { uncertain: (error: unknown) => error === no });
    expect([uncertain.requests, uncertain.undone]).toEqual([2, [7]]);
  });
});

test('an undo that fails for good keeps 0 of the others back, and 1 error has all that is needed', async () => {
  const journal = memoryJournal();
  const undone: string[] = [];
  const cause = new Error('no stock');
  const refused = new Error('can’t be cancelled');
  let attempts = 0;
  const work = saga(
    'trip',
    async (step) => {
      await step('flight', () => 'F1', { undo: (id) => undone.push(id) });
      await step('hotel', () => ({ room: 12 }), {
        undo: () => {
          attempts++;
          throw refused;
        },
        undoPolicy: times(3),
      });
      await step('mail', () => 'sent');
      await step('car', () => Promise.reject(cause), { policy: once });
    },
    { journal, id: 'trip-1', input: { days: 3 } },
  );
  const error = (await rejection(work)) as SagaError;
  expect(error).toBeInstanceOf(SagaError);
  expect(error.message).toBe(
    'Saga trip (trip-1) failed, and is not wholly undone (hotel: done): no stock',
  );
  expect([attempts, undone]).toEqual([3, ['F1']]);
  expect(error).toMatchObject({
    ...{ code: 'ERR_RESILIENCE_SAGA', saga: 'trip', id: 'trip-1', state: 'stuck', cause },
    ...{ input: { days: 3 }, errors: [refused] },
  });
  expect(error.steps.map(({ name, state, left }) => [name, state, left])).toEqual([
    ...[
      ['flight', 'undone', false],
      ['hotel', 'done', true],
    ],
    ...[
      ['mail', 'done', false],
      ['car', 'failed', false],
    ],
  ]);
  expect(error.left).toEqual([
    {
      name: 'hotel',
      state: 'done',
      left: true,
      idempotencyKey: 'trip-1/hotel',
      undoKey: 'trip-1/hotel/undo',
      result: { room: 12 },
      error: { name: 'Error', message: 'can’t be cancelled' },
    },
  ]);
  expect((await journal.read()).at(-1)).toMatchObject({ type: 'saga.ended', ending: 'stuck' });
});

test('a result that JSON can’t hold is a clear error, and undone 1 time, with the result itself', async () => {
  const at = new Date(0);
  const undone: unknown[] = [];
  const work = saga('order', async (step) => {
    await step('charge', () => ({ at }), { undo: (result) => undone.push(result.at) });
  });
  expect(await rejection(work)).toMatchObject({
    message: 'the result of step charge.at: expected what JSON can hold, got an object of Date',
  });
  expect(undone).toEqual([at]);
});

test('an input that JSON can’t hold is refused before anything is written: 0 entries', async () => {
  const journal = memoryJournal();
  const work = saga('order', async () => {}, { journal, input: { at: new Date() } });
  expect(await rejection(work)).toMatchObject({ message: expect.stringContaining('input.at') });
  expect(await journal.read()).toHaveLength(0);
});

test('a failure that is caught ends it all the same: 0 further steps, and 1 undo', async () => {
  const told: string[] = [];
  const no = new Error('no');
  const work = saga('order', async (step) => {
    await step('reserve', () => {}, { undo: () => told.push('undone') });
    await step('charge', () => Promise.reject(no), { policy: once }).catch(() => {});
    await step('ship', () => told.push('shipped')).catch(() => {});
    return 'fine';
  });
  expect(await rejection(work)).toBe(no);
  expect(told).toEqual(['undone']);
});

describe('a saga is a sequence', () => {
  test('of steps one at a time: a 2nd beside a 1st is refused, and undoes it after it has ended', async () => {
    const told: string[] = [];
    const slow = async () => {
      await delay(5);
      told.push('reserved');
    };
    const work = saga('order', async (step) => {
      await Promise.all([
        step('reserve', slow, { undo: () => told.push('undone') }),
        step('charge', () => told.push('charged')),
      ]);
    });
    expect(await rejection(work)).toMatchObject({ message: expect.stringContaining('under way') });
    expect(told).toEqual(['reserved', 'undone']);
  });

  test('that waits for a step which nobody awaits: its failure counts, 0 unhandled rejections', async () => {
    const no = new Error('no');
    const work = saga('order', async (step) => {
      void step('charge', () => Promise.reject(no), { policy: once });
    });
    expect(await rejection(work)).toBe(no);
  });

  test('of names that are there 1 time', async () => {
    const work = saga('order', async (step) => {
      await step('charge', () => {});
      await step('charge', () => {});
    });
    expect(await rejection(work)).toMatchObject({ message: expect.stringContaining('of its own') });
  });

  test.each<[string, (step: Step) => Promise<unknown>]>([
    ['step: expected a name', (step) => step('', () => {})],
    ['step "charge": expected a function', (step) => step('charge', undefined as never)],
    [
      'step "charge": expected a function',
      (step) => step('charge', () => {}, { undo: 7 as never }),
    ],
  ])('of steps that are one: 1 of 3 faults, %s, and 0 entries about it', async (message, body) => {
    const journal = memoryJournal();
    expect(await rejection(saga('order', body, { journal }))).toEqual(new TypeError(message));
    const types = (await journal.read()).map(({ type }) => type);
    expect(types).toEqual(['saga.begun', 'saga.failed', 'saga.ended']);
    expect(await rejection(saga('order', body, { id: '' }))).toBeInstanceOf(TypeError);
    expect(await rejection(saga('', body))).toBeInstanceOf(TypeError);
  });

  test('with a body, and names that a key can be made of: 3 others are refused, 0 as they are undone', async () => {
    const journal = memoryJournal();
    const half = '\ud800';
    const none = saga('order', undefined as never, { journal });
    expect(await rejection(none)).toEqual(new TypeError('saga: expected a function'));
    const id = saga('order', async () => {}, { journal, id: half });
    expect(await rejection(id)).toEqual(new TypeError('saga: expected an id'));
    expect(await journal.read()).toHaveLength(0);
    const step = saga('order', (step) => step(half, () => {}));
    expect(await rejection(step)).toEqual(new TypeError('step: expected a name'));
  });

  test('with 0 sagas inside', async () => {
    const work = saga('outer', async (step) => {
      await step('inner', () => saga('inner', async () => {}), { policy: once });
    });
    expect(await rejection(work)).toMatchObject({
      message: expect.stringContaining('inside of saga'),
    });
    const resuming = saga('outer', async () => void (await resume(memoryJournal(), {})));
    expect(await rejection(resuming)).toMatchObject({
      message: expect.stringContaining('inside of saga'),
    });
  });

  test('that is over when it has ended: 1 step that comes later is refused', async () => {
    const step = await saga('order', async (step) => ({ step }));
    expect(await rejection(step.step('late', () => {}))).toMatchObject({
      message: expect.stringContaining('has ended'),
    });
  });
});

test('a journal that fails, at any of 12 entries, stops it there: nothing is done that is not written', async () => {
  const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
  const fates: string[] = [];
  for (let entries = 0; entries < 12; entries++) {
    const journal = memoryJournal();
    const acted: string[] = [];
    let written = 0;
    const work = saga(
      'order',
      async (step) => {
        const undo = () => void acted.push('undo.done');
        await step('reserve', () => void acted.push('step.done'), { undo });
        await step('charge', () => void acted.push('step.done'), { undo });
        throw new Error('no stock');
      },
      {
        journal: {
          read: journal.read,
          append: async (entry) => {
            if (written++ >= entries) throw full;
            await journal.append(entry);
          },
        },
      },
    );
    const error = (await rejection(work)) as Error;
    fates.push(error instanceof SagaError ? error.state : error.name);
    const told = (await journal.read()).map(({ type }) => type);
    const begun = told.filter((type) => type === 'step.begun' || type === 'undo.begun');
    expect(acted.length).toBeLessThanOrEqual(begun.length);
    if (entries < 11) expect(written).toBe(entries + 1);
    if (entries === 0) expect(error).toMatchObject({ code: 'ERR_RESILIENCE_JOURNAL', cause: full });
    else if (entries < 11) expect(error.cause).toMatchObject({ cause: full });
  }
  expect(fates).toEqual(['JournalError', ...Array(10).fill('open'), 'Error']);
});

test('an id is used 1 time, whether its saga has ended, has not, or runs', async () => {
  const journal = memoryJournal();
  const options = { journal, id: 'order-1' };
  const run = () => saga('order', async () => delay(5), options);
  const first = run();
  expect(await rejection(run())).toMatchObject({ message: expect.stringContaining('it runs') });
  await first;
  const second = await rejection(run());
  expect(second).toBeInstanceOf(JournalError);
  expect(second).toMatchObject({ message: expect.stringContaining('it is done') });
  await journal.append({ type: 'saga.begun', saga: 'order-2', name: 'order' });
  const third = saga('order', async () => {}, { journal, id: 'order-2' });
  expect(await rejection(third)).toMatchObject({ message: expect.stringContaining('resume it') });
});

test('what a step gives is a copy: a saga that writes to it changes 0 of what its undo gets', async () => {
  const undone: unknown[] = [];
  const work = saga('order', async (step) => {
    const order = await step('reserve', () => ({ items: 1 }), { undo: (it) => undone.push(it) });
    order.items = 2;
    throw new Error('no stock');
  });
  await rejection(work);
  expect(undone).toEqual([{ items: 1 }]);
});

test('undoes a step in 3 attempts though the context of its caller has ended, and he retries', async () => {
  const end = new AbortController();
  const reason = new Error('gone');
  const tries: number[] = [];
  const undo = (_: unknown, { attempt }: StepContext) => {
    tries.push(attempt);
    if (attempt < 3) throw late();
  };
  const work = withContext({ signal: end.signal, attempt: 2 }, () =>
    saga('order', async (step) => {
      await step('reserve', () => 1, { undo, undoPolicy: times(3) });
      end.abort(reason);
      await step('charge', () => 2);
    }),
  );
  expect(await rejection(work)).toBe(reason);
  expect(tries).toEqual([1, 2, 3]);
});
