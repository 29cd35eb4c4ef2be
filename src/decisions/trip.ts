import type { Totals } from '../core/per-origin.ts';
import type { ProbeRule } from './probes.ts';

/** When a circuit opens, and for how long. All times in milliseconds. */
export interface TripRule {
  readonly failureRatio: number;
  readonly minimumThroughput: number;
  readonly window: number;
  readonly consecutiveFailures: number;
  /** `false` where slow calls are not counted. */
  readonly slowCallDuration: number | false;
  readonly slowCallRatio: number;
  readonly openFor: number;
  readonly maxOpenFor: number;
}

/** Everything that decides about a circuit. */
export interface CircuitRule extends TripRule, ProbeRule {
  /** `false` where nothing is refused, and it is only told what would have been. */
  readonly enforce: boolean;
}

interface Slice {
  readonly start: number;
  attempts: number;
  failures: number;
  slow: number;
}

/** A window is counted in this many slices, so that old attempts leave it a tenth at a time. */
const slices = 10;

/** Calls with windows of their own may ask for finer slices, but not for more than this. */
const mostSlices = 100;

const none: readonly Slice[] = [];

/**
 * Counts of attempts over a sliding window. Nothing runs to turn it: old slices are dropped when something is recorded,
 * so an origin that is quiet costs nothing.
 */
export class Window {
  #slices: readonly Slice[] = none;
  #consecutive = 0;
  #lastFault = Number.NEGATIVE_INFINITY;
  #longest = 0;
  #shortest = Number.POSITIVE_INFINITY;

  /** Failures since the last success. */
  get consecutive(): number {
    return this.#consecutive;
  }

  /** Whether no attempt of the window failed or was slow: what is nearly always so is told without adding up. */
  spotless(now: number, length: number): boolean {
    return now - this.#lastFault >= length;
  }

  record(failed: boolean, now: number, length: number, slow = false): void {
    this.#consecutive = failed ? this.#consecutive + 1 : 0;
    if (failed || slow) this.#lastFault = now;
    this.#longest = Math.max(this.#longest, length);
    this.#shortest = Math.min(this.#shortest, length);
    const width = Math.max(this.#shortest / slices, this.#longest / mostSlices);
    let slice = this.#slices.at(-1);
    if (!slice || now - slice.start >= width) {
      slice = { start: now, attempts: 0, failures: 0, slow: 0 };
      // made as long as it is: to push onto it would leave room for 16 more, for each of the origins
      this.#slices = [...this.#slices.filter(({ start }) => now - start < this.#longest), slice];
    }
    slice.attempts++;
    if (failed) slice.failures++;
    if (slow) slice.slow++;
  }

  /** @param length the longest that was asked for, if left out. */
  totals(now: number, length: number = this.#longest): Totals {
    const totals = { attempts: 0, failures: 0, slow: 0 };
    for (const { start, attempts, failures, slow } of this.#slices) {
      if (now - start >= length) continue;
      totals.attempts += attempts;
      totals.failures += failures;
      totals.slow += slow;
    }
    return totals;
  }
}

/** Why a closed circuit must open now, if it must. */
export function tripReason(
  window: Window,
  rule: TripRule,
  now: number,
): 'consecutive-failures' | 'failure-ratio' | 'slow-call-ratio' | undefined {
  if (window.consecutive >= rule.consecutiveFailures) return 'consecutive-failures';
  if (window.spotless(now, rule.window)) return undefined;
  const { attempts, failures, slow } = window.totals(now, rule.window);
  if (attempts < rule.minimumThroughput) return undefined;
  if (failures / attempts >= rule.failureRatio) return 'failure-ratio';
  if (rule.slowCallDuration === false) return undefined;
  return slow / attempts >= rule.slowCallRatio ? 'slow-call-ratio' : undefined;
}

/** A share by which the second and later breaks vary, so that a fleet does not probe in step (gRPC A6 uses the same). */
const spread = 0.2;

/**
 * How long a circuit stays open: `openFor` at first, doubling at each re-opening, never longer than `maxOpenFor`, and
 * within that not shorter than a Retry-After that came with the failure.
 *
 * @param reopenings 0 when the circuit opens from closed.
 */
export function breakLength(
  rule: TripRule,
  reopenings: number,
  retryAfter: number,
  random: () => number,
): number {
  const doubled = rule.openFor * 2 ** reopenings;
  const varied = reopenings === 0 ? doubled : doubled * (1 - spread + 2 * spread * random());
  return Math.min(rule.maxOpenFor, Math.max(varied, retryAfter));
}
