import { copyOfData, isSameData } from './core/plain-data.ts';
import { type CallOptions, checkCallOptions } from './options.ts';

/** Of how many different options of a call the last ones are known. A program has few places that set any. */
const most = 8;

interface Known {
  /** As they were given, in a copy. */
  readonly given: unknown;
  readonly checked: CallOptions;
}

/**
 * The options that calls brought of late, and what their check made of them: to check them costs more than all policies
 * of a call do. They are told by what they say and not by the object that says it. So it makes no difference whether a
 * caller gives the same object each time, gives it after he has changed it, or writes it down anew.
 */
export class RecentOptions {
  readonly #known: Known[] = [];
  #oldest = 0;

  /**
   * The checked options; the same object for those that say the same, as long as they are known.
   *
   * @throws OptionsError
   */
  check(given: unknown): CallOptions {
    for (const known of this.#known) if (isSameData(given, known.given)) return known.checked;
    // checked is what is kept, which nobody can change in between
    const copy = copyOfData(given);
    const checked = checkCallOptions(copy);
    this.#known[this.#oldest] = { given: copy, checked };
    this.#oldest = (this.#oldest + 1) % most;
    return checked;
  }
}
