import type { OriginPicture, Picture, Series } from '../feed.ts';

/** How far back the page looks, in milliseconds: the first of these that holds all there is. */
const steps = [30_000, 60_000, 120_000, 300_000];

/**
 * The part of the window in which something happened. A page that was just started would otherwise show two empty minutes
 * with a sliver at their end. It grows in steps, so that charts are not stretched anew each second, and never shrinks.
 */
export class Stretch {
  #buckets = 0;

  /** The same picture, without the time before anything happened. */
  of(picture: Picture): Picture {
    const needed = Math.max(0, ...picture.origins.map(({ series }) => pastOf(series)));
    const step = steps.find((milliseconds) => milliseconds >= needed * picture.bucket);
    const wanted = step === undefined ? needed : Math.ceil(step / picture.bucket);
    this.#buckets = Math.max(this.#buckets, wanted, needed);
    return { ...picture, origins: picture.origins.map((origin) => this.#cut(origin)) };
  }

  #cut(origin: OriginPicture): OriginPicture {
    const buckets = this.#buckets;
    if (origin.series.calls.length <= buckets) return origin;
    const cut = <Value>(list: readonly Value[]) => list.slice(-buckets);
    const { calls, succeeded, refused, attempts, retries, hedges } = origin.series;
    const { p50, p95, p99, tokens, inUse, limit, queued, circuit } = origin.series;
    const series: Series = {
      ...{ calls: cut(calls), succeeded: cut(succeeded), refused: cut(refused) },
      ...{ attempts: cut(attempts), retries: cut(retries), hedges: cut(hedges) },
      ...{ p50: cut(p50), p95: cut(p95), p99: cut(p99), tokens: cut(tokens) },
      ...{ inUse: cut(inUse), limit: cut(limit), queued: cut(queued), circuit: cut(circuit) },
    };
    return { ...origin, series };
  }
}

/** How many buckets ago something first happened. */
function pastOf({ calls, attempts, circuit }: Series): number {
  const first = calls.findIndex(
    (ended, index) => ended > 0 || (attempts[index] ?? 0) > 0 || circuit[index] !== 'closed',
  );
  return first < 0 ? 0 : calls.length - first;
}
