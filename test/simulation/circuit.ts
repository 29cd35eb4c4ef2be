import { breakLength, type TripRule, tripReason, Window } from '../../src/decisions/trip.ts';

/** The circuit of one simulated client: the shipping window, rule and lengths, and one probe at a time. */
export class SimulatedCircuit {
  readonly #rule: TripRule;
  readonly #random: () => number;
  #window = new Window();
  /** When the next attempt is let out as a probe; there while the circuit is not closed. */
  #probeAt: number | undefined;
  #reopenings = 0;

  constructor(rule: TripRule, random: () => number) {
    this.#rule = rule;
    this.#random = random;
  }

  /** Lets an attempt pass and returns how to report its end, or nothing if it may not pass. */
  admit(now: number): ((succeeded: boolean, now: number) => void) | undefined {
    if (this.#probeAt === undefined) return (succeeded, at) => this.#count(succeeded, at);
    if (now < this.#probeAt) return undefined;
    this.#probeAt = Number.POSITIVE_INFINITY;
    return (succeeded, at) => this.#decide(succeeded, at);
  }

  #count(succeeded: boolean, now: number): void {
    if (this.#probeAt !== undefined) return;
    this.#window.record(!succeeded, now, this.#rule.window);
    if (tripReason(this.#window, this.#rule, now)) this.#open(now);
  }

  #decide(succeeded: boolean, now: number): void {
    if (succeeded) {
      this.#probeAt = undefined;
      this.#reopenings = 0;
      this.#window = new Window();
    } else {
      this.#reopenings++;
      this.#open(now);
    }
  }

  #open(now: number): void {
    this.#probeAt = now + breakLength(this.#rule, this.#reopenings, 0, this.#random);
  }
}
