import type { History, StepState } from './history.ts';
import type { Fault } from './journal.ts';
import { keyOf, undoKeyOf } from './step.ts';

/** One step of a saga that is not at its end, with what a person needs to finish it. */
export interface StepReport {
  readonly name: string;
  readonly state: StepState;
  /** Whether its effect stands, or may stand, and has an undo. */
  readonly left: boolean;
  /** What the other side knows the action by. */
  readonly idempotencyKey: string;
  readonly undoKey: string;
  readonly result?: unknown;
  /** Why its action, or else its undo, failed. */
  readonly error?: Fault | undefined;
}

interface SagaFacts {
  /** What made the saga fail. */
  readonly cause?: unknown;
  /** What went wrong besides: why steps could not be undone. */
  readonly errors?: readonly unknown[];
}

/**
 * A saga that is neither done nor undone, with all that is known of it. `stuck`: what could be undone is, and a person has
 * to see to the rest (`left`). `open`: it stopped where it stood, as its journal can't be written or is not of this code;
 * `resume` goes on once that is put right.
 */
export class SagaError extends Error {
  override readonly name = 'SagaError';
  readonly code = 'ERR_RESILIENCE_SAGA';
  /** The saga's name. */
  readonly saga: string;
  readonly id: string;
  readonly state: 'stuck' | 'open';
  readonly input: unknown;
  /** Every step that was begun, in order. */
  readonly steps: readonly StepReport[];
  readonly errors: readonly unknown[];

  constructor(state: 'stuck' | 'open', history: History, { cause, errors = [] }: SagaFacts) {
    const steps = history.steps.map((record) => reportOf(history, record));
    super(messageOf(state, history, steps, cause), { cause });
    this.saga = history.name;
    this.id = history.saga;
    this.state = state;
    this.input = history.input;
    this.steps = steps;
    this.errors = errors;
  }

  /** The steps whose effect stands, or may stand, and is to be taken back. */
  get left(): readonly StepReport[] {
    return this.steps.filter(({ left }) => left);
  }
}

function reportOf({ saga }: History, record: History['steps'][number]): StepReport {
  const { step, state, undoable, result, error } = record;
  return {
    name: step,
    state,
    left: undoable && state !== 'failed' && state !== 'undone',
    idempotencyKey: keyOf(saga, step),
    undoKey: undoKeyOf(saga, step),
    ...(result !== undefined && { result }),
    ...(error && { error }),
  };
}

function messageOf(
  state: 'stuck' | 'open',
  { name, saga }: History,
  steps: readonly StepReport[],
  cause: unknown,
): string {
  const said = cause instanceof Error ? cause.message : 'it failed';
  if (state === 'open') return `Saga ${name} (${saga}) stopped where it stood: ${said}`;
  const left = steps.filter((step) => step.left).map((step) => `${step.name}: ${step.state}`);
  return `Saga ${name} (${saga}) failed, and is not wholly undone (${left.join(', ')}): ${said}`;
}
