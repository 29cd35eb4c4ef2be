import { bodyLifeOf } from './body-life.ts';

type Callback = () => void;

/** Who is to hear of a stop. A child is known as it is: a function made for each would be the most of what it costs. */
type Follower = Callback | Stop;

/**
 * Cancellation as it travels inward with a call: a tree in which a child stops when its parent does. It does what an
 * AbortSignal does and turns into one where foreign code asks for it; among ourselves it does without, for three reasons.
 * `AbortSignal.any` keeps memory for as long as the caller's signal lives (Node 22), `AbortSignal.timeout` can be neither
 * cleared nor driven by a fake clock, and a signal given to the platform's fetch costs a tenth of the whole request.
 */
export class Stop {
  /** What a call has when nobody but ourselves can stop it. */
  static readonly never: Stop = new Stop(undefined, false);

  /** Whether the caller may still stop the exchange when the headers are there. */
  readonly lasting: boolean;
  #aborted = false;
  #reason: unknown;
  /** One alone in most stops, and a Set is the dearest part of one that has it. */
  #followers: Follower | Set<Follower> | undefined;
  #controller: AbortController | undefined;
  #parent: Stop | undefined;
  readonly #letGo: Callback | undefined;

  private constructor(follow: ((stop: Stop) => Callback) | undefined, lasting: boolean) {
    this.lasting = lasting;
    this.#letGo = follow?.(this);
  }

  /**
   * Follows a caller's signal, if there is one. A caller among ourselves may bring a stop instead, which is one already.
   *
   * @param also what else it follows: has it stop, and gives what lets go of it.
   */
  static by(signal: AbortSignal | Stop | undefined, also?: (stop: Stop) => Callback): Stop {
    if (!signal) return also ? new Stop(also, true) : Stop.never;
    if (!also && signal instanceof Stop) return signal;
    return new Stop((stop) => {
      const end = () => stop.abort(signal.reason);
      const letGo = signal instanceof Stop ? signal.onAbort(end) : Listener.add(signal, end);
      if (!also) return letGo;
      const letGoOfOther = also(stop);
      return () => {
        letGo();
        letGoOfOther();
      };
    }, true);
  }

  get aborted(): boolean {
    return this.#aborted;
  }

  /** What the caller is to see. */
  get reason(): unknown {
    return this.#reason;
  }

  /** The same as an AbortSignal, for code that is not ours. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** One that stops when this one does. `lasting`: it may be stopped when the headers are there. */
  child(lasting: boolean = this.lasting): Stop {
    const child = new Stop(undefined, lasting);
    if (this.#aborted) child.abort(this.#reason);
    else if (this !== Stop.never) {
      child.#parent = this;
      this.#add(child);
    }
    return child;
  }

  abort(reason: unknown): void {
    if (this.#aborted || this === Stop.never) return;
    this.#aborted = true;
    this.#reason = reason;
    this.#controller?.abort(reason);
    const followers = this.#followers;
    if (followers instanceof Set) for (const follower of followers) this.#tell(follower);
    else if (followers) this.#tell(followers);
    this.#followers = undefined;
  }

  /** Calls back once, at once if it has stopped already. Returns what takes the callback off again. */
  onAbort(callback: Callback): Callback {
    if (this.#aborted) callback();
    if (this.#aborted || this === Stop.never) return nothing;
    this.#add(callback);
    return () => this.#remove(callback);
  }

  #add(follower: Follower): void {
    if (!this.#followers) this.#followers = follower;
    else if (this.#followers instanceof Set) this.#followers.add(follower);
    else this.#followers = new Set([this.#followers, follower]);
  }

  #remove(follower: Follower): void {
    if (this.#followers === follower) this.#followers = undefined;
    else if (this.#followers instanceof Set) this.#followers.delete(follower);
  }

  #tell(follower: Follower): void {
    if (typeof follower === 'function') follower();
    else follower.abort(this.#reason);
  }

  /** Lets go of the parent, or of the caller's signal: the work is over. */
  release(): void {
    if (this.#parent) this.#parent.#remove(this);
    this.#letGo?.();
  }

  /** The same, when the response's body is gone: until then the caller can still abort reading it. */
  releaseAfter(response: Response): void {
    if (!this.#letGo && !this.#parent) return;
    const body = bodyLifeOf(response) ?? response.body;
    if (body) bodies.register(body, this);
    else this.release();
  }
}

const bodies = new FinalizationRegistry<Stop>((stop) => stop.release());

/** One listener a signal, however many calls share it: to add one, an EventTarget walks all that it has. */
class Listener {
  static readonly #of = new WeakMap<AbortSignal, Listener>();
  readonly #callbacks = new Set<Callback>();
  readonly #signal: AbortSignal;

  private constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this);
    Listener.#of.set(signal, this);
  }

  static add(signal: AbortSignal, callback: Callback): Callback {
    if (signal.aborted) {
      callback();
      return nothing;
    }
    const listener = Listener.#of.get(signal) ?? new Listener(signal);
    listener.#callbacks.add(callback);
    return () => {
      listener.#callbacks.delete(callback);
      if (listener.#callbacks.size === 0) listener.#remove();
    };
  }

  handleEvent(): void {
    this.#remove();
    for (const callback of this.#callbacks) callback();
  }

  #remove(): void {
    this.#signal.removeEventListener('abort', this);
    Listener.#of.delete(this.#signal);
  }
}

/** Who ends work that does not hear of the stop in another way, and lets go of it when it is over. */
export interface Ending {
  end(reason: unknown): void;
  release(): void;
}

/**
 * Settles as `work` does, or at once with the reason of the stop. For the doorstep to code that is not ours and may be
 * deaf to it; everything above simply waits. What arrives too late goes to `late`.
 */
export function stoppable<T>(
  work: Promise<T>,
  stop: Stop,
  late: (result: T) => void = nothing,
  ending?: Ending,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const letGo = stop.onAbort(() => {
      reject(stop.reason);
      ending?.end(stop.reason);
    });
    work.then(
      (result) => {
        letGo();
        ending?.release();
        if (stop.aborted) late(result);
        resolve(result);
      },
      (error: unknown) => {
        letGo();
        ending?.release();
        reject(error);
      },
    );
  });
}

/** The longest delay a timer can hold; `setTimeout` takes anything longer for 1 ms. */
export const longest = 2 ** 31 - 1;

/** Waits, never shorter than asked (timers cut fractions off), or rejects at once with the reason of the stop. */
export function sleep(milliseconds: number, stop: Stop): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => {
        letGo();
        resolve();
      },
      Math.min(Math.ceil(milliseconds), longest),
    );
    const letGo = stop.onAbort(() => {
      clearTimeout(timer);
      reject(stop.reason);
    });
  });
}

function nothing(): void {}
