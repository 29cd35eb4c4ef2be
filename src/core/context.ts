import type { Ambient } from './ambient.ts';
import type { Chronicle } from './chronicle.ts';
import type { Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import type { OriginState } from './per-origin.ts';
import type { Endpoint, Route } from './route.ts';
import type { Stop } from './stop.ts';

/** An answer that broke off. */
export interface Broken {
  /** What the read failed with. */
  readonly error: unknown;
  /** Bytes that were read. */
  readonly offset: number;
  /** Attempts that count no more, as the reading has come on since. */
  readonly past: number;
}

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
  /** What the call goes on from, where its answer broke off while it was read. */
  readonly broken?: Broken | undefined;
  /** The one way to say stop; its reason is the error the caller sees. */
  readonly stop: Stop;
  /** Absolute milliseconds of `performance.now()` after which no answer is wanted. */
  readonly deadline: number;
  /** What the call is a part of, if a context was opened around it. */
  readonly ambient?: Ambient | undefined;
  /** Who sees the call, if anybody does. */
  readonly observer?: CallObserver | undefined;
  /** The call's history, written as it happens and read by `explain`. */
  readonly log: Chronicle;
}

/** Who sees one call from its beginning to its end, to tell of it elsewhere. It changes no outcome. */
export interface CallObserver {
  /** Sends the call, so that what is begun meanwhile is seen as a part of it. */
  call(send: () => Promise<Response>): Promise<Response>;
  /** Sends one attempt of it, which may be given headers that say what it belongs to. */
  attempt(
    send: (request: Outgoing, context: Context) => Promise<Response>,
    request: Outgoing,
    context: Context,
  ): Promise<Response>;
  end(outcome: Outcome, context: Context): void;
}
