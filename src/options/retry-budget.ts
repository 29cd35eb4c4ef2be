import * as v from 'valibot';
import { between, object } from '../schema.ts';

const tokens = (minimum: number) =>
  between(minimum, Number.MAX_SAFE_INTEGER, `a number of tokens ≥ ${minimum}`);

export const retryBudget = object({
  /**
   * Tokens of an origin that has been well for a while: the retries and second copies that a sudden failure may cost.
   *
   * @default 10
   */
  capacity: v.optional(tokens(1)),
  /** What a call that was answered well puts back, up to `capacity`. @default 0.2 (as Finagle, Envoy and the AWS SDK) */
  deposit: v.optional(tokens(0)),
  /**
   * What comes back each second by itself, the less the longer nothing succeeds, so that a quiet client is not left
   * without a retry for good. @default 0.05
   */
  trickle: v.optional(tokens(0)),
});

/** How many retries and second copies an origin may be sent beyond its calls. */
export interface RetryBudgetOptions extends v.InferInput<typeof retryBudget> {}
