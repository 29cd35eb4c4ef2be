import { runOutside } from '../core/inside.ts';
import { type History, historiesOf } from './history.ts';
import { type Journal, JournalError, type SagaEnding } from './journal.ts';
import { appended, Ledger } from './ledger.ts';
import { refuseWithin, restored, run, type SagaBody } from './run.ts';
import { hold } from './running.ts';
import { SagaError } from './saga-error.ts';

/** The sagas that a journal may hold, by name. */
export type Sagas = Readonly<Record<string, SagaBody<unknown, never>>>;

export interface ResumeOptions {
  /**
   * What becomes of a saga that had not failed. To `finish` it is what its caller wanted; to `undo` it suits work that
   * nobody waits for any more. One that had failed is undone in either case.
   *
   * @default 'finish'
   */
  readonly unfinished?: 'finish' | 'undo' | undefined;
  /**
   * What becomes of one that is stuck. Somebody may be at work on it by hand, so it is only told of again, unless you ask
   * for another try. @default 'leave'
   */
  readonly stuck?: 'leave' | 'retry' | undefined;
}

/** What became of one saga. */
export interface Resumed {
  readonly name: string;
  readonly id: string;
  readonly outcome: 'done' | 'undone' | 'stuck' | 'open';
  /** What it gave, where it is `done`. */
  readonly result?: unknown;
  /** Why it was undone; a SagaError where it is `stuck` or `open`. */
  readonly error?: unknown;
}

/**
 * Takes up every saga that a crash cut off, one after the other in the order in which they were begun: to be called when
 * the process starts, before it begins new ones. What is done is not done again. A step that was begun, and whose outcome
 * nobody knows, is done again under its key.
 *
 * @returns how each of them stands now; it does not throw for one of them.
 * @throws JournalError if the journal can't be read.
 */
export async function resume(
  journal: Journal,
  sagas: Sagas,
  options: ResumeOptions = {},
): Promise<Resumed[]> {
  refuseWithin();
  checkChoice('unfinished', options.unfinished, ['finish', 'undo']);
  checkChoice('stuck', options.stuck, ['leave', 'retry']);
  const found: Resumed[] = [];
  for (const { saga, ending } of historiesOf(await journal.read()).values()) {
    const letGo = isOver(ending) ? undefined : hold(journal, saga);
    if (!letGo) continue;
    try {
      // read again, as it may have run, and ended, while this waited for another one
      const history = historiesOf(await journal.read()).get(saga);
      if (!history || isOver(history.ending)) continue;
      found.push(await takeUp(history, journal, sagas, options));
    } finally {
      letGo();
    }
  }
  return found;
}

/** To finish is not what somebody meant who misspelt `undo`. */
function checkChoice(name: string, given: unknown, choices: readonly string[]): void {
  if (given === undefined || choices.some((choice) => choice === given)) return;
  const told = choices.map((choice) => JSON.stringify(choice)).join(' or ');
  throw new TypeError(`resume: ${name}: expected ${told}`);
}

function isOver(ending: SagaEnding | undefined): boolean {
  return ending !== undefined && ending !== 'stuck';
}

async function takeUp(
  history: History,
  journal: Journal,
  sagas: Sagas,
  { unfinished = 'finish', stuck = 'leave' }: ResumeOptions,
): Promise<Resumed> {
  const { name, saga: id } = history;
  const told = (error: unknown): Resumed => {
    const outcome = error instanceof SagaError && error.id === id ? error.state : 'undone';
    return { name, id, outcome, error };
  };
  if (history.ending === 'stuck' && stuck === 'leave') {
    return told(new SagaError('stuck', history, { cause: restored(history.failure) }));
  }
  const body = Object.hasOwn(sagas, name) ? sagas[name] : undefined;
  if (typeof body !== 'function') {
    const cause = new Error('resume was given no saga of this name');
    return told(new SagaError('open', history, { cause }));
  }
  const ledger = new Ledger(journal, { ...history, ending: undefined });
  try {
    const never = new AbortController().signal;
    const result = await runOutside(() => run(body, ledger, never, unfinished === 'undo'));
    return { name, id, outcome: 'done', result };
  } catch (error) {
    return told(error);
  }
}

/**
 * Tells the journal that a person has finished by hand what was stuck, so that `resume` speaks of it no more.
 *
 * @throws JournalError if there is no such saga, or it is not stuck.
 */
export async function settle(journal: Journal, id: string): Promise<void> {
  const history = historiesOf(await journal.read()).get(id);
  if (history?.ending !== 'stuck')
    throw new JournalError(`Saga ${id} is not stuck in this journal`);
  await appended(journal, { type: 'saga.ended', saga: id, ending: 'settled' });
}
