import { OptionsError } from './core/errors.ts';
import { callBy } from './functions/call.ts';
import type { RetryPolicy } from './functions/options.ts';
import { type FunctionPlan, planOf } from './functions/plan.ts';

type AnyFunction = (this: never, ...given: never) => unknown;
type AsyncFunction = (this: never, ...given: never) => Promise<unknown>;

/** Puts a retried method in the place of the one that is written in a class. */
export type RetryableMethod = <Method extends AsyncFunction>(
  method: Method,
  context: ClassMethodDecoratorContext,
) => Method;

/**
 * The same function, retried: with its `this`, its arguments, its types, its name and its length. It reads of its attempt
 * by `currentAttempt()`.
 *
 * @throws OptionsError
 */
export function retryable<Async extends AsyncFunction>(fn: Async, policy?: RetryPolicy): Async;
/** The same of one that returns at once: retried, it gives a promise. */
export function retryable<This, Given extends unknown[], Value>(
  fn: (this: This, ...given: Given) => Value,
  policy?: RetryPolicy,
): (this: This, ...given: Given) => Promise<Awaited<Value>>;
/**
 * The same as a decorator, `@retryable(policy)`, for a method that is asynchronous. It is a standard decorator (TC39), which
 * no runtime knows yet: TypeScript compiles it, without `experimentalDecorators`.
 */
export function retryable(policy?: RetryPolicy): RetryableMethod;
export function retryable(first?: AnyFunction | RetryPolicy, policy: RetryPolicy = {}): unknown {
  if (typeof first === 'function') return wrapped(first, planOf(policy));
  const plan = planOf(first ?? {});
  return (method: AnyFunction, { kind }: ClassMethodDecoratorContext) => {
    if (kind === 'method') return wrapped(method, plan);
    throw new OptionsError(`retryable: expected a method, got a ${kind}`);
  };
}

function wrapped(fn: AnyFunction, plan: FunctionPlan): AnyFunction {
  const call = fn as (this: unknown, ...given: unknown[]) => unknown;
  const { name, length } = fn;
  async function retried(this: unknown, ...given: unknown[]): Promise<unknown> {
    return callBy(plan, name, () => call.apply(this, given), {});
  }
  return Object.defineProperties(retried, {
    name: { value: name, configurable: true },
    length: { value: length, configurable: true },
  });
}
