/** How long to wait before a retry, apart from what the server asked for. All lengths in milliseconds. */
export interface Backoff {
  readonly type: 'exponential' | 'linear' | 'constant';
  readonly base: number;
  readonly factor: number;
  readonly cap: number;
  readonly jitter: 'full' | 'equal' | 'decorrelated' | 'none';
}

export const defaultBackoff: Backoff = {
  type: 'exponential',
  base: 200,
  factor: 2,
  cap: 10_000,
  jitter: 'full',
};

/**
 * The delay before a retry.
 *
 * Full jitter, the default, does the least work of the jitters that were compared in "Exponential Backoff And Jitter"
 * (M. Brooker, AWS Architecture Blog, 2015): at 100 competing clients 795 calls against 1854 without jitter.
 *
 * @param retry 0 for the first retry.
 * @param previous the delay before the retry before this one; `base` where there was none.
 * @param random a number in [0, 1).
 */
export function backoffDelay(
  { type, base, factor, cap, jitter }: Backoff,
  retry: number,
  previous: number,
  random: () => number,
): number {
  if (jitter === 'decorrelated') {
    return Math.min(cap, base + random() * (Math.max(base, 3 * previous) - base));
  }
  const growth = type === 'exponential' ? factor ** retry : type === 'linear' ? retry + 1 : 1;
  const ceiling = base === 0 ? 0 : Math.min(cap, base * growth);
  if (jitter === 'full') return random() * ceiling;
  if (jitter === 'equal') return ceiling / 2 + random() * (ceiling / 2);
  return ceiling;
}
