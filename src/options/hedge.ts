import * as v from 'valibot';
import { between, length, object } from '../schema.ts';

export const hedge = object({
  /**
   * How long the first copy gets before the second is sent, in milliseconds. `hedge: 50` is short for this. Where more
   * than about a quarter of the calls take longer than this, that is taken for an outage, and no second copy is sent.
   *
   * @default the origin's observed `percentile`
   */
  delay: v.optional(length),
  /**
   * The share of an origin's answers that are waited for before a second copy is sent. Until 50 answers of the last 20 to
   * 30 seconds are known, none is sent.
   *
   * @default 0.95
   */
  percentile: v.optional(between(0.5, 0.999, 'a number from 0.5 to 0.999')),
  /**
   * The most that second copies may add to the requests of an origin, as a share. Without it, hedging doubles the load
   * of a server that is slow because it is loaded.
   *
   * @default 0.05 (The Tail at Scale, Dean and Barroso 2013)
   */
  maxExtraLoad: v.optional(between(0.001, 1, 'a share from 0.001 to 1')),
});

/** When to send a second copy of a request that is slow to be answered. */
export interface HedgeOptions extends v.InferInput<typeof hedge> {}
