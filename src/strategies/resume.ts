import { readThrough } from '../core/body-watch.ts';
import type { AttemptLog } from '../core/call-log.ts';
import type { Context } from '../core/context.ts';
import type { Continuation, Rest } from '../core/continuation.ts';
import { ContinuedBody } from '../core/continued-body.ts';
import { discard } from '../core/discard.ts';
import { BodyChangedError } from '../core/errors.ts';
import { record } from '../core/explain.ts';
import { labelOf } from '../core/outcome.ts';
import { headerOf, markedInit, type Outgoing } from '../core/outgoing.ts';
import type { Send, Strategy } from '../core/pipeline.ts';
import { reportRetry } from '../core/retry-report.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Stop } from '../core/stop.ts';
import { timed } from '../core/timed.ts';
import { answerOf, rangeFrom, type Version, versionOf } from '../decisions/resume.ts';

/**
 * The rest of a body that broke off, so that whoever reads it reads on. It stands around `retry`, which goes on from the
 * break as from any failure: it knows what is worth another attempt, when, and from which budget.
 *
 * The request is the caller's own, and not one to where a redirect led: what that gave may have expired, and the platform
 * has left out of it what is not for another origin's eyes.
 *
 * @param total how long it may take until the body goes on, each time it broke off, in milliseconds.
 */
export function resume(total: number | false, runtime: Runtime): Strategy {
  return (next) => {
    const bound = total !== false && ({ kind: 'total', milliseconds: total, runtime } as const);
    const send: Send = bound ? (request, context) => timed(bound, next, request, context) : next;
    return async function resume(request, context) {
      const response = await next(request, context);
      const version = isWhole(request) ? versionOf(response) : undefined;
      if (version) {
        const continuation = new Resumption(version, send, request, context, runtime);
        readThrough(response, new ContinuedBody(continuation));
      }
      return response;
    };
  };
}

/** Whether all of a body was asked for, by a method that a range has a meaning for. */
function isWhole(request: Outgoing): boolean {
  return request.method === 'GET' && headerOf(request, 'range') === null;
}

class Resumption implements Continuation {
  readonly #version: Version;
  readonly #send: Send;
  readonly #request: Outgoing;
  readonly #context: Context;
  readonly #runtime: Runtime;
  /** Where the body broke off before, and the attempts that had brought it there. */
  #broken = { offset: -1, past: 0 };
  /** Of what is under way, or was the last time. */
  #stop: Stop | undefined;

  constructor(version: Version, send: Send, request: Outgoing, context: Context, runtime: Runtime) {
    this.#version = version;
    this.#send = send;
    this.#request = request;
    this.#context = context;
    this.#runtime = runtime;
  }

  async goOn(error: unknown, offset: number): Promise<Rest | undefined> {
    const { stop, log } = this.#context;
    if (stop.aborted) throw error;
    if (offset === this.#version.length) return undefined;
    const context = this.#after(error, offset);
    try {
      const asked = this.#request;
      // among the headers themselves: a fetch that sees a range asks for nothing compressed
      const init = markedInit({ ...asked, marks: rangeFrom(this.#version, offset) });
      const response = await this.#send({ ...asked, init }, context);
      return this.#restOf(response, context, error, offset);
    } catch (failure) {
      log.outcome = labelOf({ error: failure });
      log.duration = log.at(performance.now());
      record(failure, log);
      throw failure;
    }
  }

  fork(): Resumption {
    return new Resumption(this.#version, this.#send, this.#request, this.#context, this.#runtime);
  }

  cancel(): void {
    this.#stop?.abort(new Error('The body was cancelled'));
  }

  /** The context of what is sent now: that of the call, at the place that it went to, with time of its own. */
  #after(error: unknown, offset: number): Context {
    const { stop, log, route, attempt, ambient } = this.#context;
    const entry = log.attempts.findLast(({ outcome }) => outcome !== 'superseded');
    const last = entry?.attempt ?? attempt;
    if (entry) noteBreak(entry, log.at(performance.now()), offset, error);
    if (offset > this.#broken.offset) this.#broken = { offset, past: last - 1 };
    this.#stop?.release();
    const own = stop.child();
    this.#stop = own;
    const place = route?.latest;
    return {
      ...this.#context,
      attempt: last,
      stop: own,
      deadline: ambient?.deadline ?? Number.POSITIVE_INFINITY,
      broken: { error, ...this.#broken },
      route: place && route && { ...route, endpoints: [place], failed: new Map([[place, 0]]) },
    };
  }

  #restOf(response: Response, context: Context, error: unknown, offset: number): Rest | undefined {
    const { origin, log } = this.#context;
    const answer = answerOf(this.#version, offset, response);
    const { body } = response;
    if (answer.kind === 'rest' && body) return { ...answer, body };
    discard(response);
    if (answer.kind === 'whole') return undefined;
    const stop = answer.kind === 'changed' ? 'changed' : 'no-range';
    if (log.stopped === 'final' || stop === 'changed') {
      reportRetry({ stop }, { error }, this.#request, context, this.#runtime);
    }
    if (stop === 'no-range') throw error;
    throw new BodyChangedError(offset, { origin, attempts: log.attempts.length, cause: error });
  }
}

function noteBreak(entry: AttemptLog, at: number, offset: number, error: unknown): void {
  entry.broken = { after: at - entry.at, offset, outcome: labelOf({ error }) };
}
