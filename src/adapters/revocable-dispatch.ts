import { type Marks, markedRecord } from '../core/outgoing.ts';
import type { Ending } from '../core/stop.ts';

/** As much of undici's dispatcher as fetch uses. */
export interface Dispatcher {
  dispatch(options: unknown, handler: Handler): boolean;
  readonly isMockActive?: boolean;
}

/** The beginning of a request in undici's two protocols: that of version 6 and 7, and that of 8. */
interface Handler {
  onConnect?(abort: (reason: unknown) => void, context: unknown): void;
  onRequestStart?(controller: { abort(reason: unknown): void }, context: unknown): void;
}

/** Where undici keeps the process's dispatcher for handlers of the old protocol and of the new one. */
const oldSlot: unique symbol = Symbol.for('undici.globalDispatcher.1') as never;
const newSlot: unique symbol = Symbol.for('undici.globalDispatcher.2') as never;

/**
 * A way to end one attempt of the platform's fetch before its headers without giving it a signal, which costs a tenth
 * of the whole request: fetch follows a signal with a WeakRef and a FinalizationRegistry entry for each request. Instead
 * the attempt brings a dispatcher of its own, which hands everything on to the process's (or the client's) and keeps
 * the abort function that undici gives each request. What a fetch makes of such an abort is not the caller's concern:
 * its promise is settled by then.
 *
 * Marks are set on the way as well: to have a header looked through by fetch costs half as much as that signal.
 */
export class RevocableDispatch implements Dispatcher, Ending {
  readonly #target: Dispatcher | undefined;
  readonly #marks: Marks | undefined;
  #abort: ((reason: unknown) => void) | undefined;
  #revoked: { readonly reason: unknown } | undefined;

  /** @param target the process's own dispatcher if left out. */
  constructor(target?: Dispatcher, marks?: Marks) {
    this.#target = target;
    this.#marks = marks;
  }

  get isMockActive(): boolean {
    return (
      (this.#target ?? globalDispatcher(true) ?? globalDispatcher(false))?.isMockActive ?? false
    );
  }

  dispatch(options: unknown, handler: Handler): boolean {
    const { onConnect, onRequestStart } = handler;
    if (onRequestStart) {
      handler.onRequestStart = (controller, context) => {
        onRequestStart.call(handler, controller, context);
        this.#begin((reason) => controller.abort(reason));
      };
    } else if (onConnect) {
      handler.onConnect = (abort, context) => {
        onConnect.call(handler, abort, context);
        this.#begin(abort);
      };
    }
    const agent = this.#target ?? globalDispatcher(onRequestStart !== undefined);
    if (!agent) throw new TypeError('The process has no dispatcher');
    return agent.dispatch(this.#marks ? markedOptions(options, this.#marks) : options, handler);
  }

  /** Ends what is under way, and whatever the same fetch begins hereafter. */
  end(reason: unknown): void {
    this.#revoked = { reason };
    this.#abort?.(reason);
  }

  /** Lets go of the request once it can't be revoked any more: what fetch keeps of this object outlives it by far. */
  release(): void {
    this.#abort = undefined;
  }

  #begin(abort: (reason: unknown) => void): void {
    this.#abort = abort;
    if (this.#revoked) abort(this.#revoked.reason);
  }
}

/** @param options in which fetch gives headers as a plain object, made for this one request. */
function markedOptions(options: unknown, marks: Marks): unknown {
  const { headers } = options as { headers: Record<string, string> };
  return { ...(options as object), headers: markedRecord(headers, marks) };
}

function globalDispatcher(newProtocol: boolean): Dispatcher | undefined {
  const slots = globalThis as { [oldSlot]?: Dispatcher; [newSlot]?: Dispatcher };
  return (newProtocol ? slots[newSlot] : undefined) ?? slots[oldSlot];
}

/**
 * Whether the process's own dispatcher can be seen from here. It can't before the first fetch, nor within a context of its
 * own (jest gives each test file one, and hands in only the named globals).
 */
export function seesDispatcher(): boolean {
  return globalDispatcher(false) !== undefined;
}

/**
 * Whether a fetch is Node's own. A replaced one (msw, a framework, a test double) may answer without any dispatcher, and
 * must be told to stop by a signal.
 */
export function isNodeFetch(fetch: typeof globalThis.fetch): boolean {
  let known = verdicts.get(fetch);
  if (known === undefined) {
    known = Function.prototype.toString.call(fetch).includes("'internal/deps/undici/undici'");
    verdicts.set(fetch, known);
  }
  return known;
}

const verdicts = new WeakMap<typeof globalThis.fetch, boolean>();
