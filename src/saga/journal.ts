/** What is kept of an error: enough to see by hand what happened. */
export interface Fault {
  readonly name: string;
  readonly message: string;
}

/** How a saga ended. `settled`: a person has finished by hand what was `stuck`. */
export type SagaEnding = 'done' | 'undone' | 'stuck' | 'settled';

/** One transition of a saga. It is in the journal before it is acted on. */
export type JournalEntry =
  | {
      readonly type: 'saga.begun';
      readonly saga: string;
      readonly name: string;
      readonly input?: unknown;
    }
  /** The action is about to be done. Without a later word on the step, nobody knows whether it was. */
  | {
      readonly type: 'step.begun';
      readonly saga: string;
      readonly step: string;
      /** Whether the step has an `undo`. */
      readonly undoable: boolean;
    }
  | {
      readonly type: 'step.done';
      readonly saga: string;
      readonly step: string;
      readonly result?: unknown;
    }
  /** The action failed for good; `uncertain`, where it may have taken effect all the same. From here on, all is undone. */
  | {
      readonly type: 'step.failed';
      readonly saga: string;
      readonly step: string;
      readonly uncertain: boolean;
      readonly error: Fault;
    }
  /** Something failed between two steps. From here on, all is undone. */
  | { readonly type: 'saga.failed'; readonly saga: string; readonly error: Fault }
  | { readonly type: 'undo.begun'; readonly saga: string; readonly step: string }
  | { readonly type: 'undo.done'; readonly saga: string; readonly step: string }
  | {
      readonly type: 'undo.failed';
      readonly saga: string;
      readonly step: string;
      readonly error: Fault;
    }
  | { readonly type: 'saga.ended'; readonly saga: string; readonly ending: SagaEnding };

/** An entry as a saga says it, which need not tell itself who it is. */
export type Transition = JournalEntry extends infer Entry
  ? Entry extends JournalEntry
    ? Omit<Entry, 'saga'>
    : never
  : never;

/**
 * Where transitions are kept: in a file (`fileJournal`), or in a table of a database by an object of your own. One process
 * at a time may run the sagas of a journal.
 */
export interface Journal {
  /** Resolves once the entry is where no crash can take it from. A saga whose entry is refused stops where it stands. */
  append(entry: JournalEntry): Promise<void>;
  /** Every entry that was appended, in order, at least those of sagas that have not ended. */
  read(): Promise<readonly JournalEntry[]>;
}

/** The journal can't be opened, read or written. `cause` is what the system said. */
export class JournalError extends Error {
  override readonly name = 'JournalError';
  readonly code = 'ERR_RESILIENCE_JOURNAL';
}

/** A journal in memory: what was begun is undone where it fails, and lost where the process does. For tests. */
export function memoryJournal(): Journal {
  const entries: JournalEntry[] = [];
  return {
    async append(entry) {
      entries.push(entry);
    },
    read: async () => entries.slice(),
  };
}

/** What a journal keeps of an error. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Error) return { name: error.name, message: error.message };
  return { name: typeof error, message: typeof error === 'string' ? error : '' };
}
