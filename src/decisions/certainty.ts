import { isRefusal } from '../core/errors.ts';
import { causes } from '../core/outcome.ts';
import { classifyError, isRetryableStatus } from './classify.ts';

/**
 * What the error of an action says of its effect:
 * - `none`: this attempt did nothing; what an earlier one did, it does not say.
 * - `refused`: somebody who knows the key answered, and the answer is no.
 * - `uncertain`: nobody knows. An answer that did not come; and a bug, which may stand behind the call that worked.
 */
export type Certainty = 'none' | 'refused' | 'uncertain';

const silent = new Set(['AbortError', 'TimeoutError']);
const bugs = /^(Assertion|Eval|Range|Reference|Syntax|Type|URI)Error$/;

/**
 * Judges an error by what it is known to be. An error of the user's own class counts as `refused`: it is thrown by one who
 * has read the answer. Where that read a status, as SDKs and HTTP clients give it, the status decides.
 */
export function certaintyOf(error: unknown): Certainty {
  if (isRefusal(error)) return error.attempts === 0 ? 'none' : 'uncertain';
  const failure = classifyError(error);
  if (failure === 'never-sent' || failure === 'certificate') return 'none';
  if (failure === 'ambiguous') return 'uncertain';
  for (const link of causes(error)) {
    const { name } = link as { name?: unknown };
    if (typeof name === 'string' && (silent.has(name) || bugs.test(name))) return 'uncertain';
    const status = statusOf(link);
    if (status !== undefined) return ofStatus(status);
  }
  return 'refused';
}

/**
 * Turned away before anybody looked at the key; 409 is what an idempotent API says while it still works on the first request
 * with it (draft-ietf-httpapi-idempotency-key-header-07, section 2.7).
 */
const turnedAway = new Set([401, 403, 407, 409, 425, 429]);

function ofStatus(status: number): Certainty {
  if (turnedAway.has(status)) return 'none';
  return status >= 500 || isRetryableStatus(status) ? 'uncertain' : 'refused';
}

function statusOf(error: object): number | undefined {
  const { status, statusCode, response } = error as Record<string, unknown>;
  const within = typeof response === 'object' && response !== null ? response : {};
  const { status: answered } = within as { status?: unknown };
  return [status, statusCode, answered].find((value) => typeof value === 'number') as
    | number
    | undefined;
}
