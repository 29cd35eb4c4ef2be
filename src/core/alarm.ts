import { promisify } from 'node:util';

/**
 * Timeouts of many calls on few timers. Nearly every timeout is called off before it runs out, and a timer made and
 * cleared for each is the dearest part of one; all timeouts of one length run out in the order in which they were set,
 * so one timer, set for the first of them, serves them all. It is there only while a timeout is: nothing runs for a
 * client that is quiet.
 */
class Alarm {
  readonly #length: number;
  /** The clock that the timer was set on: a test may put another in its place at any time. */
  readonly timers = globalThis.setTimeout;
  readonly now = performance.now;
  #first: Entry | undefined;
  #last: Entry | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #setFor = 0;
  #isHurrying = false;

  constructor(length: number) {
    this.#length = length;
  }

  add(callback: () => void): Entry {
    const due = performance.now() + this.#length;
    const entry: Entry = { alarm: this, due, callback, before: this.#last, after: undefined };
    if (this.#last) this.#last.after = entry;
    else this.#first = entry;
    this.#last = entry;
    if (this.#first === entry) this.#set(due, this.#length);
    else if (this.#timer && due - this.#length > this.#setFor) this.#hurry(due - this.#length);
    return entry;
  }

  /** Leaves the entry with nothing to hold on to: one that the collector has moved to old space would keep its neighbours. */
  remove(entry: Entry): void {
    if (!entry.alarm) return;
    entry.alarm = undefined;
    if (entry.before) entry.before.after = entry.after;
    else this.#first = entry.after;
    if (entry.after) entry.after.before = entry.before;
    else this.#last = entry.before;
    entry.before = undefined;
    entry.after = undefined;
    entry.callback = nothing;
    if (this.#first) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /**
   * A timer that is overdue was cleared by a test, or the loop has more to do than it has time for. It is set anew for the
   * one, and not waited for because of the other: with each call that begins it would start over at the end of the line,
   * and in an overload no deadline would ever pass.
   */
  #hurry(now: number): void {
    if (this.#isHurrying) return;
    this.#isHurrying = true;
    clearTimeout(this.#timer);
    this.#set(now, 0);
    queueMicrotask(() => {
      this.#isHurrying = false;
      clearTimeout(this.#timer);
      this.#ring(performance.now());
    });
  }

  #set(due: number, length: number): void {
    this.#setFor = due;
    // a timer that fired is believed, also where only `setTimeout` is faked and `performance.now` stands still
    this.#timer = setTimeout(() => this.#ring(Math.max(performance.now(), due)), length);
  }

  #ring(now: number): void {
    this.#timer = undefined;
    try {
      for (let entry = this.#first; entry && entry.due <= now; entry = this.#first) {
        const { callback } = entry;
        this.remove(entry);
        callback();
      }
    } finally {
      const next = this.#first;
      if (next && !this.#timer) this.#set(next.due, Math.max(0, next.due - now));
    }
  }
}

interface Entry {
  alarm: Alarm | undefined;
  readonly due: number;
  callback: () => void;
  before: Entry | undefined;
  after: Entry | undefined;
}

/** By length. A client has two or three lengths; those of single calls come and go. */
const alarms = new Map<number, Alarm>();
const mostAlarms = 100;

/** A timeout that was set, and can be called off. */
export type Timeout = Entry;

const { setTimeout: ownTimers } = globalThis;
const { now: realNow } = Object.getPrototypeOf(performance) as typeof performance;

/**
 * Whether what we found is the platform's own, which can be promisified. A test may have put a clock in its place before
 * it loads us: that of node:test can't be, and that of sinon, which vitest and jest use, has its `clock` on it.
 */
const foundReal = promisify.custom in ownTimers && !('clock' in ownTimers);

/** Whether a test has put one half of a clock in the place of the real one: then no order can be told from it. */
function isMixed(): boolean {
  const timersAreReal = (globalThis.setTimeout === ownTimers) === foundReal;
  return timersAreReal !== (performance.now === realNow);
}

/** Calls back after so many milliseconds, unless it is called off. */
export function setAlarm(length: number, callback: () => void): Timeout {
  if (isMixed()) return new Alarm(length).add(callback);
  let alarm = alarms.get(length);
  if (!alarm || alarm.timers !== globalThis.setTimeout || alarm.now !== performance.now) {
    if (alarms.size >= mostAlarms) alarms.clear();
    alarm = new Alarm(length);
    alarms.set(length, alarm);
  }
  return alarm.add(callback);
}

/** Calls a timeout off; one that has run out already is left alone. */
export function clearAlarm(timeout: Timeout): void {
  timeout.alarm?.remove(timeout);
}

function nothing(): void {}
