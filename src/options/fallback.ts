import * as v from 'valibot';
import type { Outcome } from '../core/outcome.ts';
import { type FailureInfo, isResponse } from '../decisions/fallback.ts';
import { fn, kind, off, type Schema } from '../schema.ts';

/**
 * Gives a substitute for a failure, a new one each time, or `undefined` to let the failure stand. One that reads the body
 * of what failed reads a clone of it, or else the caller gets it read. Its time is its own: nothing but an abort by the
 * caller ends it.
 */
export type FallbackFunction = (
  failure: Outcome,
  info: FailureInfo,
) => Response | undefined | Promise<Response | undefined>;

const text = 'a Response, a function (failure, info) => Response | undefined, or false';

/** One that was read can't be given, and an error Response (status 0) is no answer. */
const response = v.pipe(
  v.custom<Response>(isResponse, text),
  v.check(
    ({ status, bodyUsed, body }) => status >= 200 && !bodyUsed && !body?.locked,
    'a Response that has a status and was not read',
  ),
);

/** What a call gives in the place of a failure. */
export const fallback: Schema<Response | FallbackFunction | false> = kind<
  FallbackFunction,
  Response | false
>(
  'function',
  fn('(failure, info) => Response | undefined'),
  kind('boolean', off('a Response, a function, or false'), response as Schema<Response>),
);
