import type { AmbientRule } from './ambient-rule.ts';
import type { Chronicle } from './chronicle.ts';
import { refusalAt } from './ending.ts';
import { TimeoutError } from './errors.ts';
import { longest, Stop } from './stop.ts';

/**
 * What all calls that are made inside inherit: the time that is left, the cancellation, and whether a caller retries
 * already. One that is opened inside another is only ever stricter. It is over when its work is, and the calls begun
 * there are: whoever goes on in the background after that is bound by it no more.
 */
export class Ambient {
  readonly stop: Stop = Stop.never.child(true);
  #deadline: number;
  readonly attempt: number;
  readonly doNotRetry: boolean;
  /** Whether whoever asked for this work repeats it by himself, so that to repeat it here would multiply it. */
  readonly nested: boolean;
  readonly #outer: Ambient | undefined;
  /** What the deadline was when it was set, for whoever has to be told that it passed. */
  readonly #length: number;
  readonly #letGo: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #users = 0;
  #expired = false;
  #gaveUp = false;

  constructor(rule: AmbientRule, outer: Ambient | undefined) {
    const { signal, stop, deadline: length = Number.POSITIVE_INFINITY } = rule;
    const own = performance.now() + length;
    const isStricter = own < (outer?.deadline ?? Number.POSITIVE_INFINITY);
    this.#deadline = outer && !isStricter ? outer.deadline : own;
    this.#length = outer && !isStricter ? outer.length : length;
    this.attempt = Math.max(rule.attempt ?? 1, outer?.attempt ?? 1);
    this.doNotRetry = rule.doNotRetry || outer?.doNotRetry || false;
    const repeats = rule.nested ?? this.attempt > 1;
    this.nested = repeats || this.doNotRetry || outer?.nested || false;
    this.#outer = outer;
    if (signal) {
      const heard = Stop.by(signal);
      heard.onAbort(() => this.end(signal.reason));
      this.#letGo.push(() => heard.release());
    }
    if (stop) this.#letGo.push(stop.onAbort(() => this.#endBy(stop.reason)));
    if (outer) this.#letGo.push(outer.#hold(() => this.#endBy(outer.stop.reason)));
    if (isStricter && !stop && !this.stop.aborted) this.#setTimer();
  }

  /** Absolute milliseconds of `performance.now()`. A length is all that travels: clocks of two machines differ. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Whether it was the deadline that ended it. */
  get expired(): boolean {
    return this.#expired;
  }

  /** The length of the deadline that holds, in milliseconds. */
  get length(): number {
    return this.#length;
  }

  get over(): boolean {
    return this.#users === 0;
  }

  /** Whether a call inside has failed for good after it did its share of retrying. */
  get gaveUp(): boolean {
    return this.#gaveUp;
  }

  giveUp(): void {
    this.#gaveUp = true;
    this.#outer?.giveUp();
  }

  /** Ends whatever is still under way inside. */
  end(reason: unknown): void {
    clearTimeout(this.#timer);
    this.stop.abort(reason);
  }

  /** Says that something is under way inside. Returns what says that it is no more. */
  enter(): () => void {
    this.#users++;
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      if (--this.#users === 0) this.#close();
    };
  }

  /** What ends a call together with the context, with a reason that is the call's own where it is the deadline. */
  follower(origin: string, log: Chronicle): (stop: Stop) => () => void {
    return (stop) =>
      this.#hold(() => {
        const expired = () => new TimeoutError('context', this.#length, refusalAt(origin, log));
        stop.abort(this.#expired ? expired() : this.stop.reason);
      });
  }

  /** What its own deadline was for is there. Whoever reads a body that came of it takes his time. */
  lift(): void {
    this.#deadline = this.#outer?.deadline ?? Number.POSITIVE_INFINITY;
  }

  #hold(callback: () => void): () => void {
    if (performance.now() >= this.deadline) this.#expire();
    const leave = this.enter();
    const letGo = this.stop.onAbort(callback);
    return () => {
      letGo();
      leave();
    };
  }

  /** What ran out is a deadline to those inside, and none of their own: an origin is not at fault for it. */
  #endBy(reason: unknown): void {
    if (this.stop.aborted) return;
    const outer = this.#outer?.stop.aborted ? this.#outer : undefined;
    this.#expired = outer ? outer.#expired : reason instanceof TimeoutError;
    this.end(outer ? outer.stop.reason : reason);
  }

  /** Held by nobody: it must not keep a process alive that has nothing else to do, as `AbortSignal.timeout` doesn't. */
  #setTimer(): void {
    const left = Math.ceil(this.deadline - performance.now());
    if (left <= 0) this.#expire();
    else this.#timer = setTimeout(() => this.#expire(), Math.min(left, longest)).unref();
  }

  #expire(): void {
    if (this.stop.aborted) return;
    this.#expired = true;
    const text = `The deadline of ${Math.round(this.#length)} ms has passed`;
    this.end(new DOMException(text, 'TimeoutError'));
  }

  #close(): void {
    clearTimeout(this.#timer);
    for (const letGo of this.#letGo) letGo();
  }
}
