import type { OriginPicture, Picture, Series } from '../feed.ts';

/** Counts in each bucket, oldest first. */
type Counts = readonly number[];

type CountName = 'calls' | 'succeeded' | 'refused' | 'attempts' | 'retries' | 'hedges';

/** What can be added up over time and over origins. */
export type Tallies = Pick<Series, CountName>;

/** Over how many buckets a share is taken: a single second with three calls in it says nothing. */
const smoothing = 5;

/** Calls that ended with an error, or an answer that is no success, and were not refused. */
export function failedIn({ calls, succeeded, refused }: Tallies): number[] {
  return calls.map((all, index) =>
    Math.max(0, all - (succeeded[index] ?? 0) - (refused[index] ?? 0)),
  );
}

/** All of a list, or the last so many. */
export function sum(values: Counts, last = values.length): number {
  return values.slice(Math.max(0, values.length - last)).reduce((total, value) => total + value, 0);
}

/** What there was of each kind, in the window or in its last buckets. */
export function totals(series: Tallies, last = series.calls.length) {
  const retries = sum(series.retries, last);
  const hedges = sum(series.hedges, last);
  const calls = sum(series.calls, last);
  const succeeded = sum(series.succeeded, last);
  const refused = sum(series.refused, last);
  const attempts = sum(series.attempts, last);
  const failed = sum(failedIn(series), last);
  const extra = (retries + hedges) / callsOf(calls, attempts - retries - hedges);
  return { calls, succeeded, failed, refused, attempts, retries, hedges, extra };
}

/** Requests of one kind for each call, over the last few buckets; `null` where there was neither. */
export function shareOfCalls(part: Counts, series: Tallies): (number | null)[] {
  return part.map((_, index) => {
    const of = (counts: Counts) => sum(counts.slice(0, index + 1), smoothing);
    const sent = of(series.attempts);
    const ended = of(series.calls);
    if (sent === 0 && ended === 0) return null;
    return of(part) / callsOf(ended, sent - of(series.retries) - of(series.hedges));
  });
}

/**
 * How many calls there were: by their ends, which tell of those that were refused, or by their first requests, which tell
 * of those that an outage holds up.
 */
function callsOf(ended: number, firstRequests: number): number {
  return Math.max(1, ended, firstRequests);
}

/** The series of several origins as if they were one, as far as counts can be added. */
export function together(origins: readonly OriginPicture[]): Tallies {
  const length = Math.max(0, ...origins.map(({ series }) => series.calls.length));
  const added = (name: CountName) => {
    const result = new Array<number>(length).fill(0);
    for (const { series } of origins) {
      const shift = length - series[name].length;
      for (const [index, value] of series[name].entries()) {
        result[index + shift] = (result[index + shift] ?? 0) + value;
      }
    }
    return result;
  };
  const [calls, succeeded, refused] = [added('calls'), added('succeeded'), added('refused')];
  return {
    ...{ calls, succeeded, refused },
    ...{ attempts: added('attempts'), retries: added('retries'), hedges: added('hedges') },
  };
}

/** The newest value, if it is recent enough to be called that. */
export function latest(values: readonly (number | null)[], within: number): number | null {
  return values.slice(-within).findLast((value) => value !== null) ?? null;
}

/** How many buckets make so many milliseconds, at least one. */
export function bucketsOf(milliseconds: number, { bucket }: Pick<Picture, 'bucket'>): number {
  return Math.max(1, Math.round(milliseconds / bucket));
}
