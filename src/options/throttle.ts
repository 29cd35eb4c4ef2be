import * as v from 'valibot';
import { between, length, object } from '../schema.ts';

export const throttle = object({
  /**
   * Requests that are let out for each one that the server accepts; what goes beyond is refused here. `throttle: 2` is
   * short for this.
   *
   * @default 2 (Site Reliability Engineering, chapter 21)
   */
  k: v.optional(between(1, Number.MAX_SAFE_INTEGER, 'a number ≥ 1')),
  /** The length of the sliding window, in milliseconds. @default 120_000 (the same) */
  window: v.optional(length),
  /**
   * The largest share that is refused, so that a server which rejected everything is still asked now and then.
   *
   * @default 0.9 (as failsafe-go's throttler)
   */
  maxRejection: v.optional(between(0, 1, 'a number from 0 to 1')),
});

/** Refusing here, in proportion, what a server that rejects would refuse anyway. */
export interface ThrottleOptions extends v.InferInput<typeof throttle> {}
