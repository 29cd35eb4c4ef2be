import type { Context } from './context.ts';
import { discard } from './discard.ts';
import { isRefusal, superseded } from './errors.ts';
import type { Outcome } from './outcome.ts';
import type { Outgoing } from './outgoing.ts';
import { outcomeOf, type Send } from './pipeline.ts';
import type { Stop } from './stop.ts';

interface Copy {
  readonly stop: Stop;
  outcome: Outcome | undefined;
}

/**
 * Copies of one request, of which the first good answer counts; the others are ended, and what comes of them all the same
 * is thrown away. A copy that fails waits for those under way; where all do, it is the first failure that counts, but for
 * a refusal, of which the server knows nothing, and where a later one outweighs it. Each copy has a stop of its own, and the winner keeps it: the caller can
 * still stop reading the answer.
 */
export class Race {
  readonly #request: Outgoing;
  readonly #context: Context;
  readonly #isGood: (outcome: Outcome) => boolean;
  readonly #onOver: (outcome: Outcome, winner: number) => void;
  readonly #outweighs: (later: Outcome, first: Outcome) => boolean;
  readonly #promise = Promise.withResolvers<Response>();
  readonly #copies: Copy[] = [];
  #failure: Outcome | undefined;
  #isOver = false;

  /**
   * @param onOver hears of the end once, before anybody who waits for it, and which copy it is of; -1 if of none.
   * @param outweighs tells whether a later failure says more than the first.
   */
  constructor(
    request: Outgoing,
    context: Context,
    isGood: (outcome: Outcome) => boolean,
    onOver: (outcome: Outcome, winner: number) => void,
    outweighs: (later: Outcome, first: Outcome) => boolean = () => false,
  ) {
    this.#request = request;
    this.#context = context;
    this.#isGood = isGood;
    this.#onOver = onOver;
    this.#outweighs = outweighs;
  }

  get promise(): Promise<Response> {
    return this.#promise.promise;
  }

  /** Sends one more copy. */
  send(next: Send): void {
    const stop = this.#context.stop.child();
    const hedge = this.#copies.length;
    const copy: Copy = { stop, outcome: undefined };
    this.#copies.push(copy);
    outcomeOf(next, this.#request, { ...this.#context, stop, hedge }).then((outcome) =>
      this.#end(copy, outcome),
    );
  }

  #end(copy: Copy, outcome: Outcome): void {
    copy.outcome = outcome;
    if (this.#isOver) dispose(outcome);
    else if (this.#isGood(outcome)) this.#settle(outcome);
    else {
      const failure = this.#weightier(outcome);
      this.#failure = failure;
      if (this.#copies.some((other) => !other.outcome)) return;
      const { stop } = this.#context;
      this.#settle(stop.aborted ? { error: stop.reason } : failure);
    }
  }

  #weightier(outcome: Outcome): Outcome {
    const first = this.#failure;
    if (!first || isRefusal(first.error)) return outcome;
    return this.#outweighs(outcome, first) ? outcome : first;
  }

  /** Ends the others first, so that the call's log has their end when the caller reads it. */
  #settle(outcome: Outcome): void {
    this.#isOver = true;
    for (const copy of this.#copies) {
      if (copy.outcome === outcome) continue;
      if (copy.outcome) dispose(copy.outcome);
      else copy.stop.abort(superseded);
      copy.stop.release();
    }
    this.#onOver(
      outcome,
      this.#copies.findIndex((copy) => copy.outcome === outcome),
    );
    if (outcome.response) this.#promise.resolve(outcome.response);
    else this.#promise.reject(outcome.error);
  }
}

function dispose({ response }: Outcome): void {
  if (response) discard(response);
}
