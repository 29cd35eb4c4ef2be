import { type Stop, stoppable } from './stop.ts';

/**
 * Asks a function of the user's. One that throws changes no outcome: it counts as having said nothing, and the process
 * gets a warning.
 */
export function guarded<T>(what: string, ask: () => T): T | undefined {
  try {
    const answer = ask();
    if (answer instanceof Promise) answer.catch((error) => warn(what, error));
    return answer;
  } catch (error) {
    warn(what, error);
    return undefined;
  }
}

/**
 * The same for one that may take its time: a stop does not wait for it.
 *
 * @param late gets an answer that comes after the stop.
 */
export async function guardedUntil<T>(
  what: string,
  ask: () => T | Promise<T>,
  stop: Stop,
  late?: (answer: T) => void,
): Promise<T | undefined> {
  try {
    return await stoppable(Promise.resolve(ask()), stop, late);
  } catch (error) {
    if (!stop.aborted) warn(what, error);
    return undefined;
  }
}

/** A source of jitter that a user's own can't spoil: what is no number from 0 to 1 is drawn anew. */
export function guardedRandom(draw: () => number): () => number {
  return () => {
    const drawn = guarded('function random', draw);
    return typeof drawn === 'number' && drawn >= 0 && drawn <= 1 ? drawn : Math.random();
  };
}

/** Reports a fault in the user's code that must not reach the caller. */
export function warn(what: string, error: unknown): void {
  process.emitWarning(`The ${what} failed: ${saidBy(error)}`, { code: 'RESILIENT_FETCH_HOOK' });
}

/** What an error says, which may be a getter of the user's that fails in turn. */
function saidBy(error: unknown): string {
  try {
    return error instanceof Error ? String(error.message) : typeof error;
  } catch {
    return 'with an error that can’t be read';
  }
}
