import { AsyncLocalStorage } from 'node:async_hooks';
import { runOutside } from '../core/inside.ts';
import { compensate } from './compensate.ts';
import { type Fault, faultOf } from './journal.ts';
import type { Ledger } from './ledger.ts';
import { SagaError } from './saga-error.ts';
import type { Step } from './step.ts';
import { Steps } from './steps.ts';

/** What a saga is given beside its steps. */
export interface SagaContext<Input> {
  readonly id: string;
  /** As it was given at the start, also after a crash. */
  readonly input: Input;
  readonly signal: AbortSignal;
}

/**
 * The saga itself: an ordinary function, in which everything that has an effect is a step. After a crash it runs anew from
 * its top, so between steps it must do the same each time it is given the same.
 */
export type SagaBody<T, Input> = (step: Step, context: SagaContext<Input>) => T | PromiseLike<T>;

const within = new AsyncLocalStorage<string>();

/** @throws Error inside of a saga: one that is done has no undo, so the outer one could not take it back. */
export function refuseWithin(): void {
  const outer = within.getStore();
  if (outer !== undefined) {
    throw new Error(
      `saga: inside of saga ${outer}; make the inner one's steps steps of the outer one`,
    );
  }
}

/**
 * Runs a saga, from its beginning or from where its journal says it was.
 *
 * @param back whether it is to be undone, though nothing in it had failed.
 */
export function run<T, Input>(
  body: SagaBody<T, Input>,
  ledger: Ledger,
  signal: AbortSignal,
  back: boolean,
): Promise<T> {
  return within.run(ledger.history.saga, () => forward(body, ledger, signal, back));
}

async function forward<T, Input>(
  body: SagaBody<T, Input>,
  ledger: Ledger,
  signal: AbortSignal,
  asked: boolean,
): Promise<T> {
  const { saga: id, input, failure: before } = ledger.history;
  const back = asked || before !== undefined;
  const steps = new Steps(ledger, signal, back);
  let failure: { error: unknown } | undefined;
  let result: T | undefined;
  try {
    result = await body(steps.step, { id, input: structuredClone(input) as Input, signal });
  } catch (error) {
    failure = { error };
  }
  await steps.end();
  failure ??= steps.failure;
  if (ledger.interrupted) throw open(ledger, ledger.interrupted);
  if (steps.misfit) throw open(ledger, steps.misfit, failure);
  const error = back ? restored(before) : failure?.error;
  try {
    if (!back && !failure) {
      await ledger.record({ type: 'saga.ended', ending: 'done' });
      return result as T;
    }
    await backward(steps, ledger, error);
  } catch (reason) {
    throw ledger.interrupted ? open(ledger, ledger.interrupted) : reason;
  }
  throw error;
}

/**
 * Undoes what was done, whatever is left of the time of whoever asked for it. Returns where that is the whole of it.
 */
async function backward({ reached }: Steps, ledger: Ledger, error: unknown): Promise<void> {
  if (!ledger.history.failure) await ledger.record({ type: 'saga.failed', error: faultOf(error) });
  const errors = await runOutside(() => compensate(reached, ledger));
  if (errors.size === 0) return ledger.record({ type: 'saga.ended', ending: 'undone' });
  await ledger.record({ type: 'saga.ended', ending: 'stuck' });
  throw new SagaError('stuck', ledger.history, { cause: error, errors: [...errors.values()] });
}

function open(ledger: Ledger, cause: Error, failure?: { error: unknown }): SagaError {
  return new SagaError('open', ledger.history, { cause, errors: failure ? [failure.error] : [] });
}

/** What a saga failed with before the crash, as far as the journal kept it. */
export function restored(fault: Fault | undefined): Error {
  if (!fault) return new Error('The saga was cut off by a crash, and is undone');
  return Object.assign(new Error(fault.message), { name: fault.name });
}
