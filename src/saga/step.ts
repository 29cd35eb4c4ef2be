import type { RetryPolicy } from '../functions/options.ts';

/** What an action, and the undo of one, is given with each attempt. */
export interface StepContext {
  /** To be sent along, so that the other side does it once: the same at every attempt, also after a crash. */
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
  /** 1 for the first try since the process began. */
  readonly attempt: number;
}

/** Does what the step is there for. What it gives must be JSON: the journal keeps it. */
export type Action<T> = (context: StepContext) => T | PromiseLike<T>;

export interface StepOptions<T> {
  /**
   * Takes the effect back, where the saga fails later. It gets what the action gave, and must bear being called again with
   * the same key. A step without one stays as it is.
   */
  readonly undo?: ((result: T, context: StepContext) => unknown) | undefined;
  /** By which policy the action is retried, as `retry` takes it. */
  readonly policy?: RetryPolicy | undefined;
  /** By which its undo is. */
  readonly undoPolicy?: RetryPolicy | undefined;
  /**
   * `false` says that the other side ignores keys, so that to do it twice would be to have it twice. Then it is never
   * repeated: where nobody knows whether it took effect, the saga is stuck, and a person has to look.
   *
   * @default true
   */
  readonly idempotent?: boolean | undefined;
  /**
   * Whether an error leaves open if the action took effect: a timeout does, a "no" does not. `undefined` leaves it to the
   * error's kind, code or status. Without it, an error of your own says that nothing was done.
   */
  readonly uncertain?: ((error: unknown) => boolean | undefined) | undefined;
}

/** Does one step of a saga, or gives what it gave before the crash. */
export type Step = <T>(name: string, action: Action<T>, options?: StepOptions<T>) => Promise<T>;

/** A step that the saga has come to. */
export interface Reached {
  readonly name: string;
  readonly action: Action<unknown>;
  readonly options: StepOptions<unknown>;
  /** What the action gave in this process, also if the journal can't keep it. */
  given?: { readonly result: unknown };
}

/** Whether a key can be made of it: not of half a character, which no header can carry in any way. */
export function isKeyable(name: unknown): boolean {
  return typeof name === 'string' && name !== '' && name.isWellFormed();
}

/** The key of a step's action. Names may hold anything, and a header may not. */
export function keyOf(saga: string, step: string): string {
  return `${encodeURIComponent(saga)}/${encodeURIComponent(step)}`;
}

/** The key of a step's undo. */
export function undoKeyOf(saga: string, step: string): string {
  return `${keyOf(saga, step)}/undo`;
}
