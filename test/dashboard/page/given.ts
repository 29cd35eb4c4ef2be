import type { OriginPicture, Series } from '../../../src/dashboard/feed.ts';

/** A series of so many quiet seconds, but for what is given. */
export function seriesOf(given: Partial<Series>, length = 10): Series {
  const all = <Value>(value: Value): Value[] => new Array<Value>(length).fill(value);
  return {
    ...{ calls: all(0), succeeded: all(0), refused: all(0) },
    ...{ attempts: all(0), retries: all(0), hedges: all(0) },
    ...{ p50: all(null), p95: all(null), p99: all(null) },
    ...{ tokens: all(null), inUse: all(null), limit: all(null), queued: all(null) },
    circuit: all('closed'),
    ...given,
  };
}

/** An origin that nothing is wrong with, but for what is given. */
export function originOf(
  given: Partial<Omit<OriginPicture, 'series'>> & { readonly series?: Partial<Series> } = {},
): OriginPicture {
  return {
    ...{ client: 'shop', origin: 'https://a.example', circuit: 'closed', retryAfter: 0 },
    ...{ inFlight: 0, budget: null, slots: null, cooldown: 0, throttle: null, hedgeAfter: null },
    ...given,
    series: seriesOf(given.series ?? {}),
  };
}
