import type { Chronicle, Explanation } from './chronicle.ts';

/** A class whose constructor gives back the object it was given, so that a subclass can add a private field to that. */
const Given: new (object: object) => object = class {
  constructor(object: object) {
    // biome-ignore lint/correctness/noConstructorReturn: the object itself is what the field is added to
    return object;
  }
};

/**
 * Ties a log to the object that the caller received, as a private field of it: nobody else can see it, and it costs a
 * fifth of an entry in a WeakMap, which the garbage collector has to go through (1 % against 5 % of a small request).
 */
class Logged extends Given {
  #log: Chronicle;

  constructor(object: object, log: Chronicle) {
    super(object);
    this.#log = log;
  }

  static record(object: object, log: Chronicle): void {
    if (#log in object) object.#log = log;
    else new Logged(object, log);
  }

  static of(object: object): Chronicle | undefined {
    return #log in object ? object.#log : undefined;
  }
}

/** Ties a call's log to what the caller received. A reason that is no object (`abort('stop')`) can't carry one. */
export function record(outcome: unknown, log: Chronicle): void {
  if (isObject(outcome)) Logged.record(outcome, log);
}

/**
 * The log of the call that gave this Response or error: each attempt with its outcome, its duration, the wait before the
 * next one and where that wait came from, and why no further attempt was made. Returns `undefined` for anything that no
 * client of this library gave. As text it is a timeline.
 */
export function explain(responseOrError: unknown): Explanation | undefined {
  return isObject(responseOrError) ? Logged.of(responseOrError) : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
