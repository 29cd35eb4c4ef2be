import { act } from './act.ts';
import type { StepRecord } from './history.ts';
import type { Ledger } from './ledger.ts';
import { type Action, isKeyable, type Reached, type Step, type StepOptions } from './step.ts';

/** What failed first; the error in an object, since `undefined` can be thrown as well. */
export type Failure = { readonly error: unknown } | undefined;

/** Thrown into a saga that is to be undone, where it comes to the end of what it had done. */
const turned = new Error('The saga is being undone');

/**
 * A saga's way forward. What the journal knows to be done is not done again: the step gives what it gave then. The first
 * failure ends it: whatever the saga makes of the error, it comes to no further step.
 */
export class Steps {
  /** The steps come to, in order. */
  readonly reached: Reached[] = [];
  readonly #ledger: Ledger;
  readonly #signal: AbortSignal;
  /** What the journal had when the saga was taken up again. */
  readonly #recorded: readonly StepRecord[];
  readonly #back: boolean;
  #failure: Failure;
  #misfit: Error | undefined;
  #running: Promise<unknown> | undefined;
  #ended = false;

  /** @param back whether only what was done is to be found again, so that it can be undone. */
  constructor(ledger: Ledger, signal: AbortSignal, back: boolean) {
    this.#ledger = ledger;
    this.#signal = signal;
    this.#recorded = ledger.history.steps;
    this.#back = back;
  }

  get failure(): Failure {
    return this.#failure;
  }

  readonly step: Step = <T>(name: string, action: Action<T>, options: StepOptions<T> = {}) => {
    const step = { name, action, options } as Reached;
    const work = this.#take(step);
    // one that nobody waits for counts all the same, by way of `failure`
    work.catch(() => {});
    return work as Promise<T>;
  };

  /** Waits for a step that the saga did not wait for, and lets no further one begin. */
  async end(): Promise<void> {
    while (this.#running) await this.#running.catch(() => {});
    this.#ended = true;
  }

  /** What tells that the saga is not the one of the journal: a step of another name, or one that it did not come to. */
  get misfit(): Error | undefined {
    if (this.#misfit || this.reached.length >= this.#recorded.length) return this.#misfit;
    const { step = '' } = this.#recorded[this.reached.length] ?? {};
    return misfitAt(this.reached.length, `is ${quoted(step)} in the journal, and not reached now`);
  }

  async #take(step: Reached): Promise<unknown> {
    const { saga } = this.#ledger.history;
    const title = `step ${quoted(step.name)}`;
    if (this.#ended) throw new Error(`${title}: saga ${saga} has ended`);
    if (this.#running)
      throw this.#failed(new Error(`${title}: another one is under way; await it`));
    if (this.#failure) throw this.#failure.error;
    this.#running = this.#perform(step, title);
    try {
      return await this.#running;
    } catch (error) {
      throw this.#failed(error);
    } finally {
      this.#running = undefined;
    }
  }

  #failed(error: unknown): unknown {
    this.#failure ??= { error };
    return error;
  }

  async #perform(step: Reached, title: string): Promise<unknown> {
    const { name, options } = step;
    checkStep(step);
    const recorded = this.#recorded[this.reached.length];
    if (recorded && recorded.step !== name) {
      const told = `is ${quoted(recorded.step)} in the journal, and ${quoted(name)} now`;
      this.#misfit = misfitAt(this.reached.length, told);
      throw this.#misfit;
    }
    if (this.reached.some((other) => other.name === name)) {
      throw new Error(`${title}: there is one already; each needs a name of its own`);
    }
    this.reached.push(step);
    if (recorded?.state === 'done' || recorded?.state === 'undone') {
      return structuredClone(recorded.result);
    }
    if (this.#back) throw turned;
    if (recorded && options.idempotent === false) throw new Error(openTo(title));
    this.#signal.throwIfAborted();
    if (!recorded) {
      const undoable = options.undo !== undefined;
      await this.#ledger.record({ type: 'step.begun', step: name, undoable });
    }
    return act(step, this.#ledger, recorded !== undefined, this.#signal);
  }
}

function checkStep({ name, action, options }: Reached): void {
  if (!isKeyable(name)) throw new TypeError('step: expected a name');
  const functions = [action, options.undo ?? action, options.uncertain ?? action];
  if (functions.some((given) => typeof given !== 'function')) {
    throw new TypeError(`step ${quoted(name)}: expected a function`);
  }
}

/** Why a step that can't be repeated is left to a person. */
export function openTo(title: string): string {
  return `${title}: nobody knows whether it took effect, and it can't be repeated (idempotent: false)`;
}

function misfitAt(index: number, told: string): Error {
  return new Error(`step ${index + 1} ${told}: the saga's code has changed; nothing was done`);
}

function quoted(name: unknown): string {
  return JSON.stringify(name) ?? typeof name;
}
