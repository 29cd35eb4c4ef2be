import { remembered } from '../core/remembered.ts';
import { AdaptiveLimit, type AdaptiveRule, type LimitSample } from './adaptive-limit.ts';

/** How many calls an origin gets at a time, with nothing left open. */
export interface ConcurrencyRule {
  /** Slots; where they adapt, the most there may be. */
  readonly max: number;
  /** Calls that may wait, beyond those in slots. */
  readonly queue: number;
  /**
   * Until when a call holds its slot: until its headers are there, or until its body has been read, cancelled or
   * dropped.
   */
  readonly hold: 'headers' | 'body';
  readonly adaptive: false | AdaptiveRule;
}

/** A call that waits. It stands between its neighbours, so that it can leave from the middle without a search. */
export interface Waiter {
  readonly line: Line;
  /** Rises with each waiter of an origin. */
  readonly arrival: number;
  enter: () => void;
  before: Waiter | undefined;
  after: Waiter | undefined;
}

/** Those who wait under the same rule, first come first. */
interface Line {
  readonly rule: ConcurrencyRule;
  first: Waiter | undefined;
  last: Waiter | undefined;
  length: number;
}

/**
 * The slots of one origin, and who waits for them.
 *
 * Whoever comes first goes in first, with one exception: calls to an origin may be held to different rules (a call has
 * its own, a client its parent's origins), and a line whose limit is reached does not hold up one whose limit is not. A
 * background client with 2 slots would otherwise empty all 10 before its next call let anybody pass.
 *
 * No waiter stands in line who could go in: whatever frees a slot or raises a limit lets him in at once. So a call that
 * finds a slot overtakes nobody.
 */
export class Slots {
  static readonly #origins = remembered(() => new Slots());
  static readonly of = Slots.#origins.of;
  static readonly peek = Slots.#origins.peek;
  readonly #lines = new Map<string, Line>();
  #adaptive: AdaptiveLimit | undefined;
  #inUse = 0;
  #queued = 0;
  #arrivals = 0;

  get inUse(): number {
    return this.#inUse;
  }

  get queued(): number {
    return this.#queued;
  }

  /** How many slots a rule gives now. At least one: without a call there would be nothing to adapt to. */
  limitOf({ max, adaptive }: ConcurrencyRule): number {
    if (!adaptive) return max;
    const found = this.#adaptive?.limit ?? adaptive.initial;
    return Math.floor(Math.min(max, Math.max(1, adaptive.min, found)));
  }

  /** Takes a slot, if one is free. */
  take(rule: ConcurrencyRule): boolean {
    if (this.#inUse >= this.limitOf(rule)) return false;
    this.#inUse++;
    return true;
  }

  /** How many wait under a rule. */
  waitingUnder(rule: ConcurrencyRule): number {
    return this.#lines.get(keyOf(rule))?.length ?? 0;
  }

  /** Waits at the end of the line, until `enter` is called: the slot is the waiter's then. */
  join(rule: ConcurrencyRule, enter: () => void): Waiter {
    const line = this.#lineOf(rule);
    const arrival = this.#arrivals++;
    const waiter: Waiter = { line, arrival, enter, before: line.last, after: undefined };
    if (line.last) line.last.after = waiter;
    else line.first = waiter;
    line.last = waiter;
    line.length++;
    this.#queued++;
    return waiter;
  }

  /** Gives up waiting. For one who waits no more there is nothing to do. */
  leave(waiter: Waiter): void {
    const { line, before, after } = waiter;
    if (line.first !== waiter && !before) return;
    if (before) before.after = after;
    else line.first = after;
    if (after) after.before = before;
    else line.last = before;
    waiter.before = undefined;
    waiter.after = undefined;
    waiter.enter = nothing;
    line.length--;
    this.#queued--;
    if (!line.first) this.#lines.delete(keyOf(line.rule));
  }

  /** Gives a slot back. To be called once for each slot taken. */
  free(): void {
    this.#inUse--;
    this.#letIn();
  }

  /** Learns from a call. */
  record(rule: AdaptiveRule, sample: LimitSample): void {
    this.#adaptive ??= new AdaptiveLimit(rule);
    this.#adaptive.record(rule, sample);
    this.#letIn();
  }

  #letIn(): void {
    for (let waiter = this.#next(); waiter; waiter = this.#next()) {
      const { enter } = waiter;
      this.leave(waiter);
      this.#inUse++;
      enter();
    }
  }

  /** Who has waited longest of those who may go in. */
  #next(): Waiter | undefined {
    let next: Waiter | undefined;
    for (const { first, rule } of this.#lines.values()) {
      if (this.#inUse >= this.limitOf(rule) || !first) continue;
      if (!next || first.arrival < next.arrival) next = first;
    }
    return next;
  }

  #lineOf(rule: ConcurrencyRule): Line {
    const key = keyOf(rule);
    let line = this.#lines.get(key);
    if (!line) {
      line = { rule, first: undefined, last: undefined, length: 0 };
      this.#lines.set(key, line);
    }
    return line;
  }
}

/** Rules that say the same are the same: a call with options of its own brings a new one each time. */
function keyOf({ max, queue, adaptive }: ConcurrencyRule): string {
  return `${max} ${queue} ${adaptive && [adaptive.min, adaptive.initial]}`;
}

function nothing(): void {}
