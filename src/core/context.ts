import type { CallLog } from './call-log.ts';
import type { OriginState } from './per-origin.ts';
import type { Endpoint, Route } from './route.ts';
import type { Stop } from './stop.ts';

/** What travels inward with a call. Never mutated: a strategy that must change it hands its successor a copy. */
export interface Context {
  /** Correlates every event of one call. */
  readonly id: string;
  /** Scheme, host and port: the key of all per-origin state. */
  readonly origin: string;
  /** What the client knows of that origin: its circuit, its calls in flight. */
  readonly state: OriginState;
  /** Where else the call may go, if anywhere. */
  readonly route?: Route | undefined;
  /** There is nowhere better to go: this attempt is to be let out in spite of an open circuit, unless that is isolated. */
  readonly insist?: boolean;
  /** 1 for the first try. */
  readonly attempt: number;
  /** 0 for the first copy of an attempt, 1 for the second, which is sent where the first is slow. */
  readonly hedge: number;
  /** Told when a request of this attempt leaves, which it may be kept from for long. */
  readonly onLeave?: (() => void) | undefined;
  /** The place that this attempt is bound for, and that pays for it, where that is decided already. */
  readonly place?: Endpoint | undefined;
  /** The one way to say stop; its reason is the error the caller sees. */
  readonly stop: Stop;
  /** Absolute milliseconds of `performance.now()` after which no answer is wanted. */
  readonly deadline: number;
  /** The call's history, written as it happens and read by `explain`. */
  readonly log: CallLog;
}
