import { guarded } from '../core/guard.ts';
import { certaintyOf } from '../decisions/certainty.ts';
import type { RetryPolicy } from '../functions/options.ts';
import { retry } from '../retry.ts';
import { faultOf } from './journal.ts';
import { asJson } from './json.ts';
import type { Ledger } from './ledger.ts';
import { keyOf, type Reached } from './step.ts';

/**
 * Does a step's action, by its policy, and has the journal know how it went before anything else is done.
 *
 * @param doubt whether it may have taken effect before: then only an answer can say that it has not.
 * @returns what it gave, as it will be given after a crash.
 */
export async function act(
  step: Reached,
  ledger: Ledger,
  doubt: boolean,
  signal?: AbortSignal,
): Promise<unknown> {
  const { name, action, options } = step;
  let uncertain = doubt;
  try {
    const result = await retry(
      async (attempt) => {
        const before = uncertain;
        // as long as it runs: the policy may give up before it has ended
        uncertain = true;
        try {
          return await action(attempt);
        } catch (error) {
          uncertain = isUncertain(error, step, attempt.signal, before);
          throw error;
        }
      },
      options.idempotent === false ? withoutRetries(options.policy) : options.policy,
      { signal, idempotencyKey: keyOf(ledger.history.saga, name) },
    );
    step.given = { result };
  } catch (error) {
    await ledger.record({ type: 'step.failed', step: name, uncertain, error: faultOf(error) });
    throw error;
  }
  let result: unknown;
  try {
    result = asJson(step.given.result, `the result of step ${name}`);
  } catch (error) {
    await ledger.record({
      type: 'step.failed',
      step: name,
      uncertain: true,
      error: faultOf(error),
    });
    throw error;
  }
  await ledger.record({ type: 'step.done', step: name, result });
  return structuredClone(result);
}

const once = new WeakMap<RetryPolicy, RetryPolicy>();

/** The same object for each call by a policy: one without a name remembers by that what it knows. */
function withoutRetries(policy: RetryPolicy | undefined): RetryPolicy {
  if (!policy) return { retry: false };
  let single = once.get(policy);
  if (!single) {
    single = { ...policy, retry: false };
    once.set(policy, single);
  }
  return single;
}

/** Whether it may have taken effect, after one more attempt: only a "no" to the same key settles an earlier doubt. */
function isUncertain(
  error: unknown,
  { options }: Reached,
  signal: AbortSignal,
  before: boolean,
): boolean {
  const { uncertain } = options;
  const said = uncertain && guarded('function uncertain', () => uncertain(error));
  if (typeof said === 'boolean') return said;
  // its reason may be any error at all
  if (signal.aborted) return true;
  const certainty = certaintyOf(error);
  return certainty === 'none' ? before : certainty === 'uncertain';
}
