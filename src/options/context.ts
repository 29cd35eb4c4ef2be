import * as v from 'valibot';
import { atLeast, object } from '../schema.ts';

/** What has run out already is as good as any other: it is often what is left of something. */
const left = v.custom<number>(
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'milliseconds',
);

export const context = object({
  /** Ends all that is done inside, with its own reason. */
  signal: v.optional(v.custom<AbortSignal>((value) => isSignal(value), 'an AbortSignal')),
  /**
   * Milliseconds from now, after which nothing inside is wanted any more: a call that is under way then rejects with a
   * `TimeoutError`. Never an instant, so that it can be what somebody else's clock has left.
   */
  deadline: v.optional(left),
  /** Which try of its caller's this work is. From 2 on, nothing inside is retried: the caller does. @default 1 */
  attempt: v.optional(atLeast(1)),
  /** Has nothing inside retried, and nobody below, whichever try it is. @default false */
  doNotRetry: v.optional(v.boolean('a boolean')),
});

/** What all calls that are made inside a context are held to. */
export interface ContextOptions extends v.InferInput<typeof context> {}

/** Told by its tag: one that another realm made is as good. */
function isSignal(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object AbortSignal]';
}
