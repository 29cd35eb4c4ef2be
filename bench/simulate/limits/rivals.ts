import type { Ended, Limiter } from './server-model.ts';

/**
 * The algorithms that `AdaptiveLimit` was chosen over, with their own defaults but for one thing: all of them may go from
 * 1 to 1,000, as it may. Written from their formulas, and no longer than that takes.
 */
const min = 1;
const max = 1_000;

const clamp = (limit: number) => Math.max(min, Math.min(max, limit));
const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
const quantile = (values: readonly number[], share: number) =>
  values.toSorted((one, other) => one - other)[Math.floor(share * (values.length - 1))] ?? 0;
const logarithm = (limit: number) => Math.max(1, Math.floor(Math.log10(limit)));

/** What a window of calls comes to. */
interface Windowful {
  readonly durations: readonly number[];
  readonly inFlight: number;
  readonly dropped: boolean;
  readonly limit: number;
}

/** A limiter that looks at calls in windows of at least so long and so many answers, and then says its next limit. */
function windowed(
  initial: number,
  length: number,
  fewest: number,
  next: (seen: Windowful) => number,
): Limiter {
  let limit = initial;
  let since = 0;
  let durations: number[] = [];
  let inFlight = 0;
  let dropped = false;
  return {
    get limit() {
      return Math.floor(limit);
    },
    record(ended) {
      inFlight = Math.max(inFlight, ended.inFlight);
      if (ended.dropped) dropped = true;
      else durations.push(ended.duration);
      if (ended.now - since < length || durations.length < fewest) return;
      limit = clamp(next({ durations, inFlight, dropped, limit }));
      [since, durations, inFlight, dropped] = [ended.now, [], 0, false];
    },
  };
}

/** Netflix's Vegas (`VegasLimit.java`) behind its `WindowedLimit`: 1 s, 10 calls, their mean. */
export function vegas(initial: number, random: () => number): Limiter {
  let least = Number.POSITIVE_INFINITY;
  let windows = 0;
  let jitter = 0.5 + random() / 2;
  return windowed(initial, 1_000, 10, ({ durations, inFlight, dropped, limit }) => {
    const latency = mean(durations);
    if (++windows >= jitter * 30 * limit) {
      [windows, jitter, least] = [0, 0.5 + random() / 2, latency];
      return limit;
    }
    if (latency < least) {
      least = latency;
      return limit;
    }
    const step = logarithm(limit);
    const queue = Math.ceil(limit * (1 - least / latency));
    if (dropped) return limit - step;
    if (inFlight * 2 < limit) return limit;
    if (queue <= step) return limit + 6 * step;
    if (queue < 3 * step) return limit + step;
    return queue > 6 * step ? limit - step : limit;
  });
}

/** Netflix's Gradient2 (`Gradient2Limit.java`) behind its `WindowedLimit`. */
export function gradient2(initial: number): Limiter {
  let long = 0;
  let count = 0;
  return windowed(initial, 1_000, 10, ({ durations, inFlight, limit }) => {
    const short = mean(durations);
    long = count < 10 ? (long * count + short) / (count + 1) : long + (short - long) * (2 / 601);
    count++;
    if (long / short > 2) long *= 0.95;
    if (inFlight < limit / 2) return limit;
    const gradient = Math.max(0.5, Math.min(1, (1.5 * long) / short));
    return 0.8 * limit + 0.2 * (limit * gradient + 4);
  });
}

/** Netflix's AIMD (`AIMDLimit.java`), call by call. */
export function aimd(initial: number): Limiter {
  let limit = initial;
  return {
    get limit() {
      return limit;
    },
    record({ dropped, duration, inFlight }: Ended) {
      if (dropped || duration > 5_000) limit = clamp(Math.floor(limit * 0.9));
      else if (inFlight * 2 >= limit) limit = clamp(limit + 1);
    },
  };
}

/** Envoy's gradient controller: every 60 s it goes down to 3 in flight for 50 calls, and looks every 100 ms else. */
export function envoy(initial: number, random: () => number): Limiter {
  let least: number | undefined;
  let probeAt = 0;
  let limit = initial;
  let kept = initial;
  let since = 0;
  let durations: number[] = [];
  return {
    get limit() {
      return Math.floor(limit);
    },
    record({ dropped, duration, inFlight, now }) {
      if (dropped) return;
      if (now >= probeAt && least !== undefined) {
        [kept, limit, least, durations] = [limit, 3, undefined, []];
      }
      if (least === undefined) {
        limit = 3;
        if (inFlight <= 3) durations.push(duration);
        if (durations.length < 50) return;
        least = quantile(durations, 0.5);
        [limit, probeAt, since, durations] = [kept, now + 60_000 * (1 + 0.15 * random()), now, []];
        return;
      }
      durations.push(duration);
      if (now - since < 100 || durations.length < 5) return;
      const gradient = Math.max(
        0.5,
        Math.min(2, (least * 1.25) / Math.max(0.001, quantile(durations, 0.5))),
      );
      limit = clamp(limit * gradient + Math.sqrt(limit * gradient));
      [since, durations] = [now, []];
    },
  };
}

/** failsafe-go's adaptive limiter (`adaptivelimiter.go`): a p90 against its own past, and how all goes together. */
export function failsafe(initial: number): Limiter {
  const recents: number[] = [];
  const recent = average(5);
  const baseline = average(10);
  const history: { inFlight: number; throughput: number; latency: number }[] = [];
  return windowed(initial, 1_000, 50, ({ durations, inFlight, limit }) => {
    recents.push(quantile(durations, 0.9));
    if (recents.length > 5) recents.shift();
    const latency = recent(quantile(recents, 0.5));
    const base = baseline(latency);
    const throughput = inFlight / latency;
    history.push({ inFlight, throughput, latency });
    if (history.length > 50) history.shift();
    const inFlights = history.map((window) => window.inFlight);
    const throughputs = history.map((window) => window.throughput);
    const withThroughput = correlation(inFlights, throughputs);
    const withLatency = correlation(
      inFlights,
      history.map((window) => window.latency),
    );
    const variation = deviation(throughputs) / mean(throughputs);
    const step = logarithm(limit);
    const queue = Math.ceil(limit * (1 - base / latency));
    const full = inFlight >= Math.floor(limit);
    const overloaded =
      withThroughput < 0 || (withLatency > 0.5 && (withThroughput < 0.3 || variation < 0.2));
    if (limit > 5 * inFlight || queue > 6 * step || (full && overloaded)) return limit - step;
    return queue < 3 * step ? limit + step : limit;
  });
}

/** An exponential mean that begins as a plain one, over 10 values. */
function average(age: number): (value: number) => number {
  let current = 0;
  let count = 0;
  return (value) => {
    current += (value - current) * (count < 10 ? 1 / (count + 1) : 2 / (age + 1));
    count++;
    return current;
  };
}

function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
}

function correlation(ones: readonly number[], others: readonly number[]): number {
  const [one, other] = [mean(ones), mean(others)];
  const together = mean(ones.map((value, at) => (value - one) * ((others[at] ?? other) - other)));
  return together / (deviation(ones) * deviation(others)) || 0;
}
