import { type Durations, Knee } from './knee.ts';

/** The bounds of a limit on calls in flight, integers of at least 1, and where it begins. */
export interface AdaptiveRule {
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}

/** A call that has ended. All times in milliseconds. */
export interface LimitSample {
  /** From its sending to the headers of the answer, which the first attempt got. */
  readonly duration: number;
  /** Calls of that origin in flight when it ended, itself included. */
  readonly inFlight: number;
  /** The server refused it (429, 503) or let it time out: its duration says nothing. */
  readonly dropped: boolean;
  /** Since the epoch, which is the same time for all clients of a server. */
  readonly now: number;
}

/** A stretch of time at one of the two limits, and what the calls took that were sent in it. */
interface Phase extends Durations {
  readonly low: boolean;
  readonly since: number;
  /** Calls sent earlier met a queue that was still growing. */
  countsFrom: number;
  /** For how much of it a call was in flight. */
  active: number;
  /** Calls that ended in it: all, those that left no slot free before, and the dropped ones. */
  ended: number;
  pressed: number;
  dropped: number;
}

/** From 256 ms a period doubles up to 8 times, to 65 s. The first of its 4 parts is spent at the lower limit. */
const shortest = 256;
const doublings = 8;
const parts = 4;

/** So much of at least so many calls may be refused for other reasons than the load. Netflix's windows have 10 calls. */
const tolerated = 0.05;
const fewest = 16;

/** A coarse clock measures 0 ms, which has no logarithm. */
const leastDuration = 0.1;

/**
 * How many calls may be in flight to an origin: as many as it can serve at once, found from how long they take.
 *
 * The limit goes to and fro between two, a quarter of each period at the lower one, and {@link Knee} moves the two until
 * the knee is between them. A call counts for the limit that it was sent under, as that made the queue that it stood in.
 * A limit that calls do not reach says nothing and stays. Where one call in 20 is refused it goes down by a tenth.
 *
 * Periods are parts of the time of day, so that all clients of a server probe at once. One that probes alone sees only
 * its own part of the queue, and five of them would raise their limits up to `max`. Together five find 103 to 112 slots
 * for 100 workers, with clocks 30 ms apart too; at 100 ms it is 150 to 320. They need 5 slots each: 50 clients find 300.
 *
 * Chosen by simulation (`bench/simulate/tables/`; 8 to 100 workers, 5 to 50 ms, fixed, exponential and log-normal, 16 seeds).
 * From 20 it finds the knee in 6 s, 24 s at most, is then within 25 % of it 99.8 % of the time, 93 % at least, and has
 * 97 to 100 % of the throughput of the best fixed limit at 1.0 to 1.4 times its p99. There failsafe-go's is that near for
 * 0 to 43 % of the time, Gradient2's 0 to 42 %, Envoy's 0 to 30 %, and Vegas's 0 or 100 %, by the luck of its lowest
 * latency: they compare with a past that had a queue of its own. AIMD's grows up to `max` where nothing is refused.
 *
 * What it does not do: keep up with half of the workers gone for 10 s of every 30 (93 % of the throughput; 95 % for 20 s
 * of 60), and be within 25 % of a knee below 4, where that is less than a slot. It is 1 slot beyond, at most 3.
 */
export class AdaptiveLimit {
  readonly #knee: Knee;
  #limit: number;
  #phase = begin(false, Number.NEGATIVE_INFINITY);
  /** The phase before, some of whose calls are still under way, and the one before that, until it is compared. */
  #before: Phase | undefined;
  #unpaired: Phase | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #period = shortest;
  #turnAt = Number.NEGATIVE_INFINITY;
  #loweredAt = Number.NEGATIVE_INFINITY;

  constructor({ initial, min, max }: AdaptiveRule) {
    this.#knee = new Knee(initial);
    this.#knee.fit(min, max);
    this.#limit = this.#knee.high;
  }

  /** An integer. */
  get limit(): number {
    return this.#limit;
  }

  record(rule: AdaptiveRule, { duration, inFlight, dropped, now }: LimitSample): void {
    if (this.#knee.low < rule.min || this.#knee.high > rule.max) this.#restart(rule, now);
    if (now >= this.#turnAt || now < this.#endedAt) this.#turn(rule, now);
    const phase = this.#phase;
    const sentAt = now - duration;
    phase.active += Math.max(0, Math.min(now - this.#endedAt, duration)) || 0;
    this.#endedAt = now;
    phase.ended++;
    if (inFlight >= this.#limit) phase.pressed++;
    if (dropped && sentAt >= this.#loweredAt) phase.dropped++;
    if (!phase.low && phase.ended <= this.#knee.high - this.#knee.low) phase.countsFrom = now;
    if (dropped || !(duration >= 0)) return;
    const sentIn = sentAt < phase.since ? this.#before : phase;
    if (!sentIn || !(sentAt >= sentIn.countsFrom)) return;
    const logarithm = Math.log(Math.max(leastDuration, duration));
    sentIn.calls++;
    sentIn.sum += logarithm;
    sentIn.squares += logarithm * logarithm;
  }

  #turn(rule: AdaptiveRule, now: number): void {
    const { since, active, ended, pressed, dropped } = this.#phase;
    const busy = now > since && pressed > 0 && 2 * pressed >= ended;
    const refused = ended >= fewest && dropped > tolerated * ended;
    if (refused) {
      this.#knee.lower();
      this.#loweredAt = now;
    }
    const restart = refused || !busy || this.#compare();
    if (restart) this.#restart(rule, now);
    if (busy) this.#fitPeriod(ended / active, restart);
    const slot = Math.floor((now / this.#period) * parts);
    const low = busy && slot % parts === 0;
    const next = low ? slot + 1 : (Math.floor(slot / parts) + 1) * parts;
    this.#turnAt = (next / parts) * this.#period;
    this.#limit = low ? this.#knee.low : this.#knee.high;
    if (low === this.#phase.low) return;
    this.#before = this.#phase;
    this.#phase = begin(low, now);
  }

  /** The calls of the phase before have all ended by now: pairs it with the one before that. */
  #compare(): boolean {
    const phase = this.#before;
    if (!phase || phase.calls < (phase.low ? this.#knee.low : this.#knee.high)) return false;
    const other = this.#unpaired;
    this.#unpaired = other?.low === !phase.low ? undefined : phase;
    if (!other || this.#unpaired) return false;
    return phase.low ? this.#knee.compare(phase, other) : this.#knee.compare(other, phase);
  }

  #restart({ min, max }: AdaptiveRule, now: number): void {
    this.#knee.fit(min, max);
    this.#limit = this.#knee.high;
    this.#phase = begin(false, now);
    this.#before = undefined;
    this.#unpaired = undefined;
  }

  /** Gives the lower part time for what is too much to drain, and for two rounds of calls. */
  #fitPeriod(rate: number, anew: boolean): void {
    const needed = ((this.#knee.high + this.#knee.low) / rate) * parts;
    if (!anew && needed <= this.#period && needed > this.#period / 4) return;
    const doubled = Math.ceil(Math.log2(needed / shortest));
    this.#period = shortest * 2 ** Math.max(0, Math.min(doublings, doubled));
  }
}

function begin(low: boolean, since: number): Phase {
  const none = { calls: 0, sum: 0, squares: 0, active: 0, ended: 0, pressed: 0, dropped: 0 };
  return { low, since, countsFrom: since, ...none };
}
