import * as v from 'valibot';
import type { Outcome } from '../core/outcome.ts';
import type { FailureInfo } from '../decisions/fallback.ts';
import { fn, kind, off, type Schema } from '../schema.ts';

/** Gives a substitute for a failure, or `undefined` to let it stand. */
export type FallbackFunction = (
  failure: Outcome,
  info: FailureInfo,
) => Response | undefined | Promise<Response | undefined>;

const isResponse = v.custom<Response>(
  (value) => Object.prototype.toString.call(value) === '[object Response]',
  'a Response, a function (failure, info) => Response | undefined, or false',
);

/** What a call gives in the place of a failure. */
export const fallback: Schema<Response | FallbackFunction | false> = kind<
  FallbackFunction,
  Response | false
>(
  'function',
  fn('(failure, info) => Response | undefined'),
  kind('boolean', off('a Response, a function, or false'), isResponse),
);
