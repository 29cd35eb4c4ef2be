import type { AttemptLog, CallLog } from '../core/call-log.ts';
import type { Events } from '../core/events.ts';

/** One request that left, or was about to, with the call that it was of. */
export interface RecordedAttempt extends Readonly<AttemptLog> {
  /** The `id` of its call. */
  readonly call: string;
  readonly method: string;
  readonly origin: string;
  readonly path: string;
}

/** One call as it is put together from events, until its own log comes with the last of them. */
export class Recording {
  readonly #start = performance.now();
  log: CallLog;

  constructor({ id, method, origin, path }: Events['call.started']) {
    const about = { id, method, origin, path, attempts: [], duration: 0 };
    this.log = { ...about, outcome: 'pending', stopped: 'pending' };
  }

  left({ attempt, hedge, origin }: Events['attempt.started']): void {
    const at = performance.now() - this.#start;
    const entry: AttemptLog = { attempt, at, outcome: 'pending', duration: 0 };
    if (hedge) entry.hedge = true;
    if (origin !== this.log.origin) entry.origin = origin;
    this.log.attempts.push(entry);
  }

  ended({ outcome, duration, ...which }: Events['attempt.ended']): void {
    this.#change(which, { outcome, duration });
  }

  waits({ delay, source, ...which }: Events['retry.scheduled']): void {
    this.#change(which, { delay, source });
  }

  /** Every attempt, with the instant of `performance.now()` at which it left. */
  attempts(): { readonly left: number; readonly attempt: RecordedAttempt }[] {
    const { id: call, method, origin, path, attempts } = this.log;
    return attempts.map((entry) => {
      const attempt = { call, method, origin, path, ...entry };
      return { left: this.#start + entry.at, attempt };
    });
  }

  #change(
    { attempt, hedge }: Pick<Events['attempt.ended'], 'attempt' | 'hedge'>,
    known: Partial<AttemptLog>,
  ): void {
    const isIt = (entry: AttemptLog) =>
      entry.attempt === attempt && (entry.hedge === true) === hedge;
    Object.assign(this.log.attempts.find(isIt) ?? {}, known);
  }
}
