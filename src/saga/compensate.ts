import { retry } from '../retry.ts';
import { act } from './act.ts';
import { faultOf } from './journal.ts';
import type { Ledger } from './ledger.ts';
import { type Reached, undoKeyOf } from './step.ts';
import { openTo } from './steps.ts';

/**
 * Takes back what was done, the last first. One that can't be taken back does not keep the others from it: a hotel that
 * can't be cancelled is no reason to keep the money too, and what is left for a person to do is as little as can be.
 *
 * @returns what failed, by step. Nothing of it can be stopped by the caller: half undone is the worst there is.
 */
export async function compensate(
  reached: readonly Reached[],
  ledger: Ledger,
): Promise<Map<string, unknown>> {
  const errors = new Map<string, unknown>();
  for (const step of reached.toReversed()) {
    try {
      await takeBack(step, ledger);
    } catch (error) {
      if (ledger.interrupted) throw error;
      errors.set(step.name, error);
      await ledger.record({ type: 'undo.failed', step: step.name, error: faultOf(error) });
    }
  }
  return errors;
}

async function takeBack(step: Reached, ledger: Ledger): Promise<void> {
  const { name, options } = step;
  const { undo, undoPolicy } = options;
  if (!undo) return;
  if (isOpen(step, ledger)) await settle(step, ledger);
  const record = ledger.of(name);
  if (!record || record.state === 'failed' || record.state === 'undone') return;
  const result = record.state === 'done' ? structuredClone(record.result) : step.given?.result;
  const idempotencyKey = undoKeyOf(ledger.history.saga, name);
  await ledger.record({ type: 'undo.begun', step: name });
  await retry((attempt) => undo(result, attempt), undoPolicy, { idempotencyKey });
  await ledger.record({ type: 'undo.done', step: name });
}

/** Whether it is not known if there is anything to take back. */
function isOpen({ name, given }: Reached, ledger: Ledger): boolean {
  const state = ledger.of(name)?.state;
  return !given && (state === 'begun' || state === 'uncertain');
}

/**
 * Learns whether an action took effect by doing it once more under its key: what took effect gives its result again, and
 * what did not does so now; either can be undone. To undo without asking would need a result that nobody has, and would
 * lose against the first request where that is still on its way: it would take effect after its undo. Under the same key
 * it can't.
 */
async function settle(step: Reached, ledger: Ledger): Promise<void> {
  if (step.options.idempotent === false) throw new Error(openTo(`step "${step.name}"`));
  try {
    await act(step, ledger, true);
  } catch (error) {
    if (ledger.interrupted || isOpen(step, ledger)) throw error;
  }
}
