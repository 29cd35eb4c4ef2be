import { type Journal, type JournalEntry, memoryJournal } from '../../src/saga.ts';

/** A journal that says in one list, together with what is done, when it was told what. */
export function toldJournal(told: string[]): Journal {
  const journal = memoryJournal();
  return {
    read: () => journal.read(),
    append(entry) {
      told.push(wordOf(entry));
      return journal.append(entry);
    },
  };
}

export function wordOf(entry: JournalEntry): string {
  return 'step' in entry ? `${entry.type} ${entry.step}` : entry.type;
}

/** A policy that tries so many times, without waiting. */
export const times = (attempts: number) => ({
  retry: { maxRetries: attempts - 1, backoff: { base: 0, cap: 0 } },
});

/** An error that leaves open what has happened. */
export const late = () => new DOMException('no answer', 'TimeoutError');
