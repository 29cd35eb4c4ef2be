/// <reference lib="esnext.disposable" preserve="true" />

/** Puts the real `performance.now` back. */
export type EndFollowing = (() => void) & Disposable;

/**
 * Lets `performance.now()` follow `Date.now()`, for runners whose clock leaves it real, such as `mock.timers` of node:test.
 * A client reads its deadlines, circuits and pauses from it, so where only `setTimeout` is turned, a minute of the test
 * is no time at all to them. Call it once `Date` is mocked, and what it returns before `Date` is real again.
 *
 * @throws Error where `Date` is the real one.
 */
export function followDate(): EndFollowing {
  if ([Date, Date.now].every(isNative)) {
    throw new Error(
      "followDate: Date is real; mock it first: mock.timers.enable({ apis: ['setTimeout', 'Date'] })",
    );
  }
  const before = Object.getOwnPropertyDescriptor(performance, 'now');
  // whole, so that adding to it and taking it away again gives what was, and never back in time
  const ahead = Math.ceil(performance.now() - Date.now());
  const value = () => Date.now() + ahead;
  Object.defineProperty(performance, 'now', { value, configurable: true, writable: true });
  const end = () => {
    if (performance.now !== value) return;
    if (before) Object.defineProperty(performance, 'now', before);
    else Reflect.deleteProperty(performance, 'now');
  };
  return Object.assign(end, { [Symbol.dispose]: end });
}

function isNative(builtIn: unknown): boolean {
  return Function.prototype.toString.call(builtIn).includes('[native code]');
}
