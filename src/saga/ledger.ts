import { afterwards, type History, type StepRecord } from './history.ts';
import { type Journal, type JournalEntry, JournalError, type Transition } from './journal.ts';

/** One saga's page of the journal: what is known of it, and the only way to add to that. */
export class Ledger {
  readonly #journal: Journal;
  #history: History;
  #interrupted: JournalError | undefined;

  constructor(journal: Journal, history: History) {
    this.#journal = journal;
    this.#history = history;
  }

  get history(): History {
    return this.#history;
  }

  /**
   * Set where an entry could not be written. From then on nothing more is done, neither forward nor back: what the journal
   * does not know, a later `resume` would do wrong.
   */
  get interrupted(): JournalError | undefined {
    return this.#interrupted;
  }

  /** How a step stands; nothing where it was never begun. */
  of(step: string): StepRecord | undefined {
    return this.#history.steps.find((record) => record.step === step);
  }

  /** Writes a transition down, and only then has it count. */
  async record(transition: Transition): Promise<void> {
    if (this.#interrupted) throw this.#interrupted;
    const entry = { ...transition, saga: this.#history.saga } as JournalEntry;
    await appended(this.#journal, entry).catch((error: JournalError) => {
      this.#interrupted = error;
      throw error;
    });
    this.#history = afterwards(this.#history, entry) ?? this.#history;
  }
}

/** Appends to a journal, which may be the user's own and so fail with anything. */
export async function appended(journal: Journal, entry: JournalEntry): Promise<void> {
  try {
    await journal.append(entry);
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    const said = cause instanceof Error ? cause.message : typeof cause;
    throw new JournalError(`The journal can't be written: ${said}`, { cause });
  }
}
