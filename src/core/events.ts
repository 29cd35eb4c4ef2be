import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import type { CallLog, DelaySource, StopReason } from './call-log.ts';
import type { ResilienceError, TimeoutKind } from './errors.ts';
import { warn } from './guard.ts';

/** What every event tells. Nothing in an event is private: no header, no query, no user name, no body. */
export interface EventBase {
  /** The client's name. */
  readonly client: string;
  readonly origin: string;
}

interface CallEvent extends EventBase {
  /** Correlates all events of one call. */
  readonly id: string;
  readonly method: string;
  /** The path without its query. */
  readonly path: string;
}

interface AttemptEvent extends CallEvent {
  /** 1 for the first try. */
  readonly attempt: number;
  /** Whether it is about the second copy of the attempt. */
  readonly hedge: boolean;
}

/**
 * Why a second copy was not sent: the origin as a whole is slow or failing, more than `maxExtraLoad` were, or the budget
 * that it shares with retries is used up.
 */
export type HedgeRefusal = 'outage' | 'extra-load' | 'budget';

/** Every decision taken on the caller's behalf, by name. All times in milliseconds. */
export interface Events {
  'call.started': CallEvent;
  /** A call waits for a slot: `queued` with it, for the `limit` that there are. */
  'slot.queued': CallEvent & { readonly queued: number; readonly limit: number };
  /** A call that waited got its slot. One that finds a free slot is not told of. */
  'slot.taken': CallEvent & { readonly waited: number };
  'attempt.started': AttemptEvent;
  /** `outcome` is a status, an error's code, or its name. */
  'attempt.ended': AttemptEvent & { readonly outcome: string; readonly duration: number };
  /** Another attempt will be made after `delay`; where it is to continue a body that broke off, from the byte at `offset`. */
  'retry.scheduled': AttemptEvent & {
    readonly outcome: string;
    readonly delay: number;
    readonly source: DelaySource;
    readonly offset?: number;
  };
  /** The outcome would have been retried, or the body continued, but for `reason`. */
  'retry.refused': AttemptEvent & {
    readonly outcome: string;
    readonly reason: StopReason;
    readonly offset?: number;
  };
  /** The first copy was not answered for `after`, so a second one is sent. */
  'hedge.sent': AttemptEvent & { readonly after: number };
  /** The second copy gave the answer. */
  'hedge.won': AttemptEvent;
  /** A second copy was due, but for `reason`. Told once an attempt; it asks again for as long as it is not answered. */
  'hedge.refused': AttemptEvent & { readonly reason: HedgeRefusal };
  /** A timeout of `after` ran out: the call's, an attempt's, or that of a body being read. */
  'timeout.expired': CallEvent & { readonly timeout: TimeoutKind; readonly after: number };
  /** A request waits, because the origin asked everybody for a pause. */
  'call.held': CallEvent & { readonly delay: number };
  /** A failure was replaced by a fallback. `outcome` is what it was. */
  'fallback.used': CallEvent & { readonly outcome: string };
  'circuit.opened': EventBase & {
    readonly reason:
      | 'failure-ratio'
      | 'consecutive-failures'
      | 'slow-call-ratio'
      | 'terminal-error'
      | 'probe-failed'
      | 'manual';
    readonly openFor: number;
    /** Attempts in the window, those of them that failed, and those that were slow. */
    readonly attempts: number;
    readonly failures: number;
    readonly slow: number;
  };
  'circuit.halfOpened': EventBase;
  'circuit.closed': EventBase & { readonly reason: 'probe-succeeded' | 'manual' };
  /** An operator holds it open, until he closes it. */
  'circuit.isolated': EventBase;
  /** With `enforce: false`: an attempt was let out that would have been refused. */
  'circuit.wouldRefuse': AttemptEvent;
  /** An open circuit was dropped because `maxOrigins` others are known. */
  'circuit.forgotten': EventBase;
  /** A call was refused here: by an open circuit, for want of a slot, in a pause, or by the throttle. */
  'call.refused': CallEvent & { readonly code: ResilienceError['code'] };
  'call.ended': CallEvent & { readonly outcome: string; readonly log: CallLog };
}

export type EventName = keyof Events;
/** A message of the diagnostics channel `resilient-fetch`: an event, with its name. */
export type ChannelMessage = {
  [Name in EventName]: { readonly event: Name } & Events[Name];
}[EventName];
export type Listener<Name extends EventName> = (event: Events[Name]) => void;

/** Who hears some events of one emitter alone, and not those of the emitters under it; but for what all share. */
export interface Watcher {
  readonly names: ReadonlySet<EventName>;
  hear<Name extends EventName>(name: Name, event: Events[Name]): void;
}

/** Whether an event is of what all clients of a family share. */
export function isOfCircuit(name: EventName): boolean {
  return name.startsWith('circuit.');
}

/** Where every client's events go, each with its name as `event`, for whoever watches the process as a whole. */
const channel = diagnosticsChannel('resilient-fetch');

/**
 * Hands events to those who listen. A listener can't change an outcome: what it throws, now or later, becomes a
 * warning of the process. Where nobody listens, an event is not even made: ask `heard` first.
 */
export class Emitter {
  readonly #listeners = new Map<EventName, Set<Listener<EventName>>>();
  readonly #parent: Emitter | undefined;
  #watcher: Watcher | undefined;
  /** At the root of a family: who hears of its circuits, whichever client they were made by. */
  #circuitWatcher: Watcher | undefined;

  /** @param parent an emitter whose listeners hear what this one's do. */
  constructor(parent?: Emitter) {
    this.#parent = parent;
  }

  /** Whether anybody would hear this event. */
  heard(name: EventName): boolean {
    if (channel.hasSubscribers || this.#watcherOf(name)?.names.has(name)) return true;
    return this.#isListenedTo(name);
  }

  /** Lets one watcher hear what this emitter itself emits, and one of a family what becomes of its circuits. */
  watch(watcher: Watcher): void {
    this.#watcher = watcher;
    this.#root.#circuitWatcher ??= watcher;
  }

  emit<Name extends EventName>(name: Name, event: Events[Name]): void {
    if (channel.hasSubscribers) channel.publish({ event: name, ...event });
    const watcher = this.#watcherOf(name);
    if (watcher?.names.has(name)) watcher.hear(name, event);
    this.#tell(name, event);
  }

  /** A circuit belongs to all clients that share it, so its events are heard at the root of them. */
  on<Name extends EventName>(name: Name, listener: Listener<Name>): () => void {
    if (this.#parent && isOfCircuit(name)) return this.#parent.on(name, listener);
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    const own = (event: Events[EventName]) => listener(event as Events[Name]);
    listeners.add(own);
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#listeners.get(name) === listeners) {
        this.#listeners.delete(name);
      }
    };
  }

  get #root(): Emitter {
    return this.#parent ? this.#parent.#root : this;
  }

  #watcherOf(name: EventName): Watcher | undefined {
    return isOfCircuit(name) ? this.#root.#circuitWatcher : this.#watcher;
  }

  #isListenedTo(name: EventName): boolean {
    return this.#listeners.has(name) || (this.#parent ? this.#parent.#isListenedTo(name) : false);
  }

  #tell<Name extends EventName>(name: Name, event: Events[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const result: unknown = listener(event);
        if (result instanceof Promise)
          result.catch((error) => warn(`listener of '${name}'`, error));
      } catch (error) {
        warn(`listener of '${name}'`, error);
      }
    }
    if (this.#parent) this.#parent.#tell(name, event);
  }
}
