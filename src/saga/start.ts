import { randomUUID } from 'node:crypto';
import { historiesOf } from './history.ts';
import { type Journal, JournalError, memoryJournal } from './journal.ts';
import { asJson } from './json.ts';
import { appended, Ledger } from './ledger.ts';
import { refuseWithin, run, type SagaBody } from './run.ts';
import { hold } from './running.ts';
import { isKeyable } from './step.ts';

export interface SagaOptions<Input> {
  /**
   * Where its transitions are kept. Without one it is undone where it fails, and left where it stands if the process dies.
   */
  readonly journal?: Journal | undefined;
  /**
   * Tells it from all others of its journal, for ever: the keys of its steps are made of it. One of your own (the order's)
   * keeps it from being begun twice. @default a random UUID
   */
  readonly id?: string | undefined;
  /** What it works on. It must be JSON: after a crash, the journal gives it. */
  readonly input?: Input | undefined;
  /** Cancels it: the action under way is told, and what was done is undone. The undoing can't be cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs steps that have effects elsewhere, and undoes them in reverse where one fails for good, so that all of it is done or
 * none.
 *
 * @returns what `body` gives, once the journal knows that it is done.
 * @throws what made it fail, once all is undone; a SagaError where it is not.
 */
export async function saga<T, Input = undefined>(
  name: string,
  body: SagaBody<T, Input>,
  options: SagaOptions<Input> = {},
): Promise<T> {
  const { journal = memoryJournal(), id = randomUUID(), input } = options;
  const { signal = new AbortController().signal } = options;
  refuseWithin();
  if (typeof name !== 'string' || name === '') throw new TypeError('saga: expected a name');
  if (typeof body !== 'function') throw new TypeError('saga: expected a function');
  if (!isKeyable(id)) throw new TypeError('saga: expected an id');
  signal.throwIfAborted();
  const kept = asJson(input, 'saga: input');
  const letGo = hold(journal, id);
  if (!letGo) throw known(id, 'it runs at this moment');
  try {
    if (options.id !== undefined) await refuseKnown(journal, id);
    await appended(journal, { type: 'saga.begun', saga: id, name, input: kept });
    const ledger = new Ledger(journal, { saga: id, name, input: kept, steps: [] });
    return await run(body, ledger, signal, false);
  } finally {
    letGo();
  }
}

async function refuseKnown(journal: Journal, id: string): Promise<void> {
  const before = historiesOf(await journal.read()).get(id);
  if (!before) return;
  throw known(id, before.ending ? `it is ${before.ending}` : 'it has not ended; resume it');
}

function known(id: string, how: string): JournalError {
  return new JournalError(`Saga ${id} is in the journal already: ${how}`);
}
