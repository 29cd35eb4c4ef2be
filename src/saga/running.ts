import type { Journal } from './journal.ts';

const running = new WeakMap<Journal, Set<string>>();

/**
 * Takes a saga of a journal for this process, so that nobody here runs it twice; nothing where somebody has it.
 *
 * @returns what gives it back.
 */
export function hold(journal: Journal, id: string): (() => void) | undefined {
  const ids = running.get(journal) ?? new Set();
  if (ids.has(id)) return undefined;
  running.set(journal, ids.add(id));
  return () => ids.delete(id);
}
