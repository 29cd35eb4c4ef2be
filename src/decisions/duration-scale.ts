/** The shortest and the longest length that is told apart from others, in milliseconds. */
const shortest = 0.1;
const longest = 60_000;

/** Each bucket is this much longer than the one before: no quantile is further from the truth. */
const growth = 1.05;
const perBucket = 1 / Math.log(growth);

/** How many buckets a histogram of durations has. */
export const buckets: number = Math.ceil(Math.log(longest / shortest) * perBucket) + 2;

/** The bucket that a duration in milliseconds belongs to. */
export function bucketOf(duration: number): number {
  if (!(duration > shortest)) return 0;
  return Math.min(buckets - 1, 1 + Math.floor(Math.log(duration / shortest) * perBucket));
}

/** Where a bucket ends, in milliseconds: at most 5 % above all that is in it, and infinite for more than a minute. */
export function endOf(bucket: number): number {
  return bucket === buckets - 1 ? Number.POSITIVE_INFINITY : shortest * growth ** bucket;
}
