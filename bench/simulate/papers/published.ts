import type { Claim } from './claim.ts';
import { amplification, hedging, throttles } from './load-claims.ts';
import { collapses, jitter, metastability, retries } from './retry-claims.ts';

/**
 * What others found out about retries, with the policies that ship wherever theirs is one of ours, and with theirs where
 * it is a rival's: no jitter, a bucket that attempts fill, a retry breaker. The tolerances are what other seeds give.
 */
export const published: readonly Claim[] = [
  ...jitter(),
  ...retries(),
  ...collapses(),
  ...metastability(),
  ...throttles(),
  ...amplification(),
  ...hedging(),
];
