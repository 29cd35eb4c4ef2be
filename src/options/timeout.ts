import * as v from 'valibot';
import { conflict, lengthOrOff, object } from '../schema.ts';

export const timeout = v.pipe(
  object({
    /**
     * Bounds the whole call, in milliseconds: queueing, every attempt and the waits between them, to the headers of the
     * final response. No attempt begins after it. `false` leaves a call unbounded.
     *
     * @default 30_000 (as .NET's standard resilience handler)
     */
    total: v.optional(lengthOrOff),
    /**
     * Bounds one attempt, in milliseconds, to its headers. Without it, one hung connection uses up the whole call.
     *
     * @default 10_000 (as .NET's standard resilience handler)
     */
    attempt: v.optional(lengthOrOff),
    /**
     * Bounds the silence while the body is read, in milliseconds: from asking for a chunk to its arrival. What runs out
     * is a `TimeoutError` from the read. Without it, a server that stops in the middle of a body holds its reader until
     * undici's own backstop of 300 s.
     *
     * @default false
     */
    body: v.optional(lengthOrOff),
  }),
  conflict(['attempt'], ({ total, attempt }) =>
    total && attempt && attempt > total ? `at most timeout.total (${total})` : undefined,
  ),
);

/** How long to wait for what. */
export interface TimeoutOptions extends v.InferInput<typeof timeout> {}
