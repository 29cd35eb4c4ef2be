import * as v from 'valibot';
import { atLeast, conflict, object, oneOf } from '../schema.ts';

export const concurrency = v.pipe(
  object({
    /**
     * Calls to one origin that may be under way at once; with `adaptive`, the most that it may find. A number alone is
     * short for this.
     *
     * @default 100, or with `adaptive` 200 (as failsafe-go and Netflix's limiters)
     */
    max: v.optional(atLeast(1)),
    /** Calls that may wait for a slot; one more is refused at once. @default 1_000 */
    queue: v.optional(atLeast(0)),
    /**
     * Until when a call keeps its slot: until its `headers` are there, or until its `body` has been read, was cancelled,
     * or the Response is forgotten. `body` also bounds what is being downloaded, but a caller who looks at the status
     * alone and reads nothing then holds a slot until the garbage collector comes, so it is for those who always read.
     *
     * @default 'headers'
     */
    hold: v.optional(oneOf('headers', 'body')),
    /**
     * Finds the limit from the origin's latency, between `min` and `max`. `'adaptive'` alone is short for this. Several
     * clients of one server probe it at the same moments, by the time of day: where their clocks are more than 10 ms apart,
     * `max` is what bounds them.
     *
     * @default false
     */
    adaptive: v.optional(v.boolean('a boolean')),
    /** The least that an adaptive limit falls to. @default 1 */
    min: v.optional(atLeast(1)),
    /** Where an adaptive limit begins. @default 20 (as failsafe-go and Netflix's limiters) */
    initial: v.optional(atLeast(1)),
  }),
  conflict(['max'], ({ min, max }) =>
    min !== undefined && max !== undefined && max < min ? `at least min (${min})` : undefined,
  ),
  conflict(['initial'], ({ min = 1, max, initial }) => {
    if (initial === undefined) return undefined;
    if (initial < min) return `at least min (${min})`;
    return max !== undefined && initial > max ? `at most max (${max})` : undefined;
  }),
);

/** How many calls an origin may be sent at once, and how many may wait. */
export interface ConcurrencyOptions extends v.InferInput<typeof concurrency> {}
