import { AsyncLocalStorage } from 'node:async_hooks';
import type { Ambient } from './ambient.ts';

/** Made by the first who opens a context. Until then a call asks nothing, and Node carries nothing from turn to turn. */
let storage: AsyncLocalStorage<Ambient | undefined> | undefined;

/** The context that the code which asks runs in, if there is one. */
export function ambientNow(): Ambient | undefined {
  const ambient = storage?.getStore();
  return ambient?.over ? undefined : ambient;
}

/** Runs work in a context, which lasts until the work is done. */
export function runInside<T>(ambient: Ambient, work: () => T): T {
  storage ??= new AsyncLocalStorage();
  const leave = ambient.enter();
  let result: T;
  try {
    result = storage.run(ambient, () => begun(work()));
  } catch (error) {
    leave();
    throw error;
  }
  if (result instanceof Promise) result.then(leave, leave);
  else leave();
  return result;
}

/** Runs work as if no context had been opened around it. */
export function runOutside<T>(work: () => T): T {
  return storage ? storage.run(undefined, work) : work();
}

/** A query builder is a thenable that begins its work when it is asked for the result: it is asked once, and inside. */
function begun<T>(result: T): T {
  const isThenable = typeof (result as { then?: unknown } | undefined)?.then === 'function';
  return isThenable ? (Promise.resolve(result) as T) : result;
}
