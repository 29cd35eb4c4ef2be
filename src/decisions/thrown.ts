import { isRefusal } from '../core/errors.ts';
import { guarded } from '../core/guard.ts';
import { causes } from '../core/outcome.ts';
import { type Classify, classifyError } from './classify.ts';

/** A class of errors, also one that can't be made itself. */
export type ErrorClass = abstract new (...given: never) => object;

/** Names errors: by their class, by the code that they or their causes carry, or by what a function says of them. */
export type ErrorMatcher = ErrorClass | string | number | ((error: unknown) => boolean);

/** Which errors mean what. An error that several lists name is what the strictest of them says. */
export interface ErrorRules {
  readonly recoverable: readonly ErrorMatcher[];
  readonly permanent: readonly ErrorMatcher[];
  readonly terminal: readonly ErrorMatcher[];
}

const bugClasses: readonly ErrorClass[] = [TypeError, ReferenceError, RangeError, SyntaxError];

/** By name, too: one thrown in another realm, or by an assertion library of any make, is no instance of ours. */
const bugNames = new Set([
  ...['TypeError', 'ReferenceError', 'RangeError', 'SyntaxError', 'AssertionError'],
]);

/**
 * Tells what an error that a function threw says of another attempt:
 * - recoverable (`ambiguous`): the function may have acted, and may be called again. So is everything that nothing else
 *   is said of: who retries a function says that it bears repetition.
 * - permanent (`fatal`): it will never work for this input. So is a bug, an abort that is not the call's own, and a
 *   refusal of this library from a call made inside, which has had its retries there.
 * - `terminal`: it will not work for any input any more.
 * - A certificate that can't be trusted is what it is to a request: not retried, but the fault of what was called.
 */
export function classifierOf({ recoverable, permanent, terminal }: ErrorRules): Classify {
  return (thrown) => {
    const error = firstOf(thrown);
    const failure = classifyError(error);
    // what fetch throws where the network failed is a TypeError, too, and not of our realm in a runner that has its own
    const isNetwork = failure !== 'fatal' && nameOf(error) === 'TypeError';
    const isBug = !isNetwork && saysBug(error);
    const isIn = (matchers: readonly ErrorMatcher[]) =>
      matchers.some((matcher) => (isBug ? namesBug(matcher, error) : names(matcher, error)));
    if (isIn(terminal)) return 'terminal';
    if (isIn(permanent)) return 'fatal';
    if (isIn(recoverable)) return 'ambiguous';
    if (isBug || isRefusal(error) || nameOf(error) === 'AbortError') return 'fatal';
    return failure === 'fatal' ? 'ambiguous' : failure;
  };
}

/** A fault in the code, which another attempt finds as it was. */
function saysBug(error: unknown): boolean {
  return bugClasses.some((bug) => error instanceof bug) || bugNames.has(nameOf(error) ?? '');
}

/** Where clean-up failed after the work did, it is the work that another attempt would repeat. */
function firstOf(error: unknown): unknown {
  let first = error;
  // an error can hold itself
  for (let depth = 0; depth < 100 && nameOf(first) === 'SuppressedError'; depth++) {
    first = (first as { suppressed?: unknown }).suppressed;
  }
  return first;
}

function nameOf(error: unknown): string | undefined {
  const { name } = Object(error) as { name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

function names(matcher: ErrorMatcher, error: unknown): boolean {
  if (typeof matcher !== 'function') return hasCode(error, matcher);
  if (isClass(matcher)) return error instanceof matcher;
  return guarded('function that names errors', () => matcher(error)) === true;
}

/** A bug is named by a code, or by a class of bugs: one that names every error, or a function, did not mean it. */
function namesBug(matcher: ErrorMatcher, error: unknown): boolean {
  if (typeof matcher !== 'function') return hasCode(error, matcher);
  if (!isClass(matcher) || !isClassOfBugs(matcher)) return false;
  return error instanceof matcher || matcher.name === nameOf(error);
}

function isClassOfBugs({ prototype, name }: ErrorClass): boolean {
  return bugNames.has(name) || bugClasses.some((bug) => prototype instanceof bug);
}

function hasCode(error: unknown, wanted: string | number): boolean {
  return [...causes(error)].some((link) => (link as { code?: unknown }).code === wanted);
}

/** A class of errors, or anything else that was written as a class: `instanceof` is meant, as it can't be called. */
function isClass(matcher: Exclude<ErrorMatcher, string | number>): matcher is ErrorClass {
  const { prototype } = matcher as { prototype?: unknown };
  if (matcher === Error || prototype instanceof Error) return true;
  return /^class\b/.test(Function.prototype.toString.call(matcher));
}
