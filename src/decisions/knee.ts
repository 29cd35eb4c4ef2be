/** How long some calls took, as sums over the logarithms. */
export interface Durations {
  calls: number;
  sum: number;
  squares: number;
}

/**
 * How far apart the two limits may be, as a logarithm: 16 % at the least, so that a quarter of the time at the lower one
 * costs 4 % at most, and a factor of 4. After a fall it is 40 % at the least, and less and less of that with each move:
 * what has gone may come back, and a wide bracket sees it sooner.
 */
const narrowest = 0.16;
const widest = Math.log(4);
const afterFall = 0.4;
const forgetting = 0.97;

/** How the width changes when the bracket moves twice in one direction, and when it does not. */
const wider = 2;
const narrower = 0.7;

/** A bracket as narrow as this does not move for a single pair of phases, as a hiccup of the server is one. */
const narrow = 0.25;

/** Standard errors by which a finding is no chance; and the error, as a part of the width, at which any finding counts. */
const certain = 3;
const settled = 0.2;

/** Slots beyond the knee: they count for most where there are few, so that clients of one server drift to equal shares. */
const headroom = 0.15;

/** The step down where calls are refused: a tenth, as in the AIMD of Netflix's concurrency-limits. */
const refusedStep = -Math.log(0.9);

/** The latency at the lower limit has left the bracket behind when it has risen by so much (e^0.5, 65 %) in 3 pairs. */
const fall = 0.5;
const pairsToFall = 3;
const levelWeight = 0.1;

/**
 * Where the knee of a server is: between two limits, of which now one and now the other is in force.
 *
 * By Little's law limit = throughput × latency, so a higher limit adds to the latency what it does not add to the
 * throughput. The bracket moves until the step from the lower to the higher limit adds half to each. There Kleinrock's
 * power, throughput over latency, is greatest ("Internet congestion control using the power metric", 2018). The two
 * latencies are of the same seconds: there is no baseline that could drift, or be from before a change.
 *
 * A latency here is the mean of logarithms. Where service times are exponential, a short queue shows in it three times
 * as much as in the mean, for as much noise; and one call of ten seconds does not drown a thousand others. How much more
 * it shows grows with the variance of the logarithms, and a division by one plus the variance makes up for that.
 */
export class Knee {
  /** The two limits: integers. */
  low = 1;
  high = 1;
  /** The middle of the bracket; this and all that follows are logarithms. */
  #centre: number;
  #width = widest;
  #narrowest = narrowest;
  /** Which way the bracket moved last. */
  #direction = 0;
  /** The usual latency at the lower limit. */
  #level: number | undefined;
  /** Sums over the pairs of phases since the last fit. */
  #pairs = 0;
  #rises = 0;
  #squares = 0;
  #variances = 0;
  #noise = 0;
  #levels = 0;

  /** @param initial the higher limit to begin with, as the knee may be far below. */
  constructor(initial: number) {
    this.#centre = Math.log(initial) - this.#width / 2;
  }

  /** Sets the limits to where the bracket is now; what was compared before is forgotten. */
  fit(min: number, max: number): void {
    const half = this.#width / 2;
    this.#centre = clamp(this.#centre, Math.log(min) - half, Math.log(max));
    this.high = clamp(Math.round(Math.exp(this.#centre + half)), min, max);
    this.low = clamp(Math.round(Math.exp(this.#centre - half)), min, this.high - 1);
    this.#pairs = this.#rises = this.#squares = this.#variances = this.#noise = this.#levels = 0;
  }

  /** Takes in a phase at either limit, and says whether the bracket has to be fitted anew. */
  compare(low: Durations, high: Durations): boolean {
    const rise = mean(high) - mean(low);
    const variance = Math.max(0, (deviation(low) + deviation(high)) / (low.calls + high.calls));
    this.#pairs++;
    this.#rises += rise;
    this.#squares += rise * rise;
    this.#variances += variance;
    this.#noise += variance * (1 / low.calls + 1 / high.calls);
    this.#levels += mean(low);
    return this.#follow() || this.#search();
  }

  /** Calls are refused, so the knee must be lower. */
  lower(): void {
    this.#centre -= refusedStep;
    this.#resize(-1, narrower);
  }

  #search(): boolean {
    const pairs = this.#pairs;
    if (pairs < 2 && this.#width < narrow) return false;
    const width = Math.max(this.#width, Math.log(this.high / this.low));
    const rise = this.#rises / pairs;
    const spread = pairs > 1 ? (this.#squares - pairs * rise * rise) / (pairs - 1) : 0;
    const scale = 1 + this.#variances / pairs;
    const error = Math.sqrt(Math.max(this.#noise / pairs, spread) / pairs) / scale;
    const miss = width / 2 - rise / scale + headroom / this.high;
    const size = Math.abs(miss);
    if (size < certain * error && error > settled * width) return false;
    const direction = size > width / 4 ? Math.sign(miss) : 0;
    this.#centre += clamp(miss, -width / 2, width / 2);
    this.#resize(direction, direction !== 0 && direction === this.#direction ? wider : narrower);
    const level = this.#levels / pairs;
    this.#level ??= level;
    this.#level += Math.min(1, levelWeight * pairs) * (level - this.#level);
    return true;
  }

  /** Far above the knee either limit is as bad, and a narrow bracket is slow to see it: a wide one is laid below. */
  #follow(): boolean {
    const level = this.#levels / this.#pairs;
    const rise = level - (this.#level ?? level);
    if (this.#pairs < pairsToFall || rise < fall) return false;
    this.#level = level;
    this.#centre -= rise / 2;
    this.#narrowest = afterFall;
    this.#resize(0, (rise + narrowest) / this.#width);
    return true;
  }

  #resize(direction: number, factor: number): void {
    this.#direction = direction;
    this.#narrowest = Math.max(narrowest, this.#narrowest * forgetting);
    this.#width = clamp(this.#width * factor, this.#narrowest, widest);
  }
}

const mean = ({ sum, calls }: Durations) => sum / calls;
const deviation = ({ sum, squares, calls }: Durations) => squares - (sum * sum) / calls;
const clamp = (value: number, min: number, max: number) => Math.max(min, Math.min(max, value));
