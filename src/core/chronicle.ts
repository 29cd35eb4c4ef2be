import type { AttemptLog, CallLog, StepLog, StopReason } from './call-log.ts';
import { custom, type Inspection, verbatim } from './inspection.ts';
import { timelineOf } from './timeline.ts';

/** The log of one call, which reads as a timeline where text is asked for: in a template, and where it is logged. */
export interface Explanation extends CallLog {
  /** A timeline: what was sent when, how it ended, what was waited for, and why no more was sent. */
  toString(): string;
}

/**
 * A call's log while it is written. It knows when the call began, so that each entry can tell when it was. Its fields are
 * those of a log and nothing else, and its text is made only when somebody asks for it, so what it costs is a prototype.
 */
export class Chronicle implements Explanation {
  readonly id: string;
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  readonly attempts: AttemptLog[] = [];
  declare steps?: StepLog[];
  outcome = 'pending';
  stopped: StopReason | 'pending' = 'pending';
  declare substituted?: true;
  duration = 0;
  readonly #start = performance.now();

  constructor(id: string, method: string, origin: string, path: string) {
    this.id = id;
    this.method = method;
    this.origin = origin;
    this.path = path;
  }

  /** How long after the call's start an instant of `performance.now()` is, in milliseconds. */
  at(instant: number): number {
    return instant - this.#start;
  }

  /** Writes down what has just ended, and began at `since`. */
  note(step: StepLog['step'], since: number, origin = this.origin, outcome?: string): void {
    const entry: StepLog = { step, at: this.at(since), duration: performance.now() - since };
    if (origin !== this.origin) entry.origin = origin;
    if (outcome !== undefined) entry.outcome = outcome;
    this.steps ??= [];
    this.steps.push(entry);
  }

  toString(): string {
    return timelineOf(this);
  }

  /** The timeline; of one that is deeper in something than is to be shown, the first line. */
  [custom](depth: Inspection[0]): unknown {
    const text = this.toString();
    return verbatim(depth !== null && depth < 0 ? text.replace(/\n.*/s, '') : text);
  }
}
