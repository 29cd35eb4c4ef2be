import { checkSettleOptions, type SettleOptions } from './options.ts';

/**
 * A clock that a test turns: vitest's `vi`, jest's `jest`, a clock of sinon, `mock.timers` of node:test, or a function
 * that turns any other by so many milliseconds.
 */
export type Clock =
  | ((milliseconds: number) => unknown)
  | { advanceTimersByTimeAsync(milliseconds: number): unknown }
  | { tickAsync(milliseconds: number): unknown }
  | { advanceTimersByTime(milliseconds: number): unknown }
  | { tick(milliseconds: number): unknown };

/** Those that let promises go on between two timers come first. */
const methods = ['advanceTimersByTimeAsync', 'tickAsync', 'advanceTimersByTime', 'tick'] as const;

/**
 * Turns a clock until a promise has settled, and gives what it settled to. A retry's wait begins only once its promise is
 * at it, so a clock that is turned once and far has been turned too early.
 *
 * It is for a `fetch` that answers without a network, a double or msw: a real server does not hurry when a clock does.
 *
 * @throws OptionsError for a wrong option; an Error where the promise has not settled within `limit`.
 */
export async function settle<T>(
  promise: Promise<T>,
  clock: Clock,
  options: SettleOptions = {},
): Promise<T> {
  const { limit = 600_000, step } = checkSettleOptions(options);
  const turn = turnOf(clock);
  const state = { settled: false };
  const mark = () => {
    state.settled = true;
  };
  promise.then(mark, mark);
  const quiet = openQuiet();
  try {
    await quiet.reached();
    // by nothing at first, for timers of no length
    let by = 0;
    let turned = 0;
    while (!state.settled) {
      if (turned >= limit) throw new Error(`settle: nothing has settled in ${limit} ms`);
      const turning = turn(by);
      turned += by;
      await turning;
      await quiet.reached();
      by = step ?? (isPromise(turning) ? 100 : 1);
    }
  } finally {
    quiet.close();
  }
  return promise;
}

function turnOf(clock: Clock): (milliseconds: number) => unknown {
  if (typeof clock === 'function') return clock;
  const found = methods.find((name) => typeof Reflect.get(clock, name) === 'function');
  if (!found) {
    throw new TypeError(`settle: expected a clock (a function, or one of ${methods.join(', ')})`);
  }
  return (milliseconds) => Reflect.get(clock, found).call(clock, milliseconds);
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | undefined)?.then === 'function';
}

/**
 * Waits until every promise that can settle without the clock has settled: some turns of the event loop, by a message
 * port, which no runner's clock puts its own in the place of.
 */
function openQuiet() {
  const { port1, port2 } = new MessageChannel();
  const next = () =>
    new Promise<void>((resolve) => {
      port1.once('message', () => resolve());
      port2.postMessage(undefined);
    });
  return {
    async reached(): Promise<void> {
      await next();
      await next();
    },
    close: () => port1.close(),
  };
}
