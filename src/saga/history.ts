import type { Fault, JournalEntry, SagaEnding } from './journal.ts';

/**
 * How a step stands:
 * - `begun`: its action was about to be done when the process was gone; whether it took effect is not known.
 * - `uncertain`: its action failed, and may have taken effect all the same.
 * - `done`: its effect stands.
 * - `failed`: its action failed, and left nothing to undo.
 * - `undone`: its effect was taken back.
 */
export type StepState = 'begun' | 'uncertain' | 'done' | 'failed' | 'undone';

/** What a journal says of one step. */
export interface StepRecord {
  readonly step: string;
  readonly state: StepState;
  /** Whether there is a way to take it back. */
  readonly undoable: boolean;
  readonly result?: unknown;
  /** Why its action, or else its undo, failed. */
  readonly error?: Fault;
}

/** What a journal says of one saga. */
export interface History {
  readonly saga: string;
  readonly name: string;
  readonly input: unknown;
  /** In the order in which they were begun. */
  readonly steps: readonly StepRecord[];
  /** What made it turn round: from then on, all is undone. */
  readonly failure?: Fault | undefined;
  readonly ending?: SagaEnding | undefined;
}

/** Every saga of a journal, by its id, in the order in which they were begun. */
export function historiesOf(entries: readonly JournalEntry[]): Map<string, History> {
  const histories = new Map<string, History>();
  for (const entry of entries) {
    const after = afterwards(histories.get(entry.saga), entry);
    if (after) histories.set(entry.saga, after);
  }
  return histories;
}

/** A history with one more entry. A saga that runs is told by the same entries as one that is read. */
export function afterwards(history: History | undefined, entry: JournalEntry): History | undefined {
  if (entry.type === 'saga.begun') {
    return { saga: entry.saga, name: entry.name, input: entry.input, steps: [] };
  }
  if (!history) return undefined;
  switch (entry.type) {
    case 'step.begun': {
      const { step, undoable } = entry;
      return { ...history, steps: [...history.steps, { step, undoable, state: 'begun' }] };
    }
    case 'step.done':
      return changed(history, entry.step, { state: 'done', result: entry.result });
    case 'step.failed': {
      const { step, error, uncertain } = entry;
      const after = changed(history, step, { state: uncertain ? 'uncertain' : 'failed', error });
      return { ...after, failure: history.failure ?? error };
    }
    case 'undo.begun':
      return history;
    case 'undo.done':
      return changed(history, entry.step, { state: 'undone' });
    case 'undo.failed':
      return changed(history, entry.step, { error: entry.error });
    case 'saga.failed':
      return { ...history, failure: history.failure ?? entry.error };
    case 'saga.ended':
      return { ...history, ending: entry.ending };
  }
}

function changed(history: History, name: string, changes: Partial<StepRecord>): History {
  const steps = history.steps.map((record) =>
    record.step === name ? { ...record, ...changes } : record,
  );
  return { ...history, steps };
}
