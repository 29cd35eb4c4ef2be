import * as v from 'valibot';
import { longest } from './core/stop.ts';

/**
 * The few kinds of value that options are made of. Each carries, as its message, what it expects in words; `check.ts`
 * adds where it was expected and what came instead.
 */
export type Schema<T> = v.GenericSchema<T>;

export function between(minimum: number, maximum: number, text: string): Schema<number> {
  return v.pipe(v.number(text), v.minValue(minimum, text), v.maxValue(maximum, text));
}

export function integer(minimum: number, maximum: number, text: string): Schema<number> {
  return v.custom<number>(
    (value) => Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    text,
  );
}

export function atLeast(minimum: number): Schema<number> {
  return integer(minimum, Number.MAX_SAFE_INTEGER, `an integer ≥ ${minimum}`);
}

export function oneOf<const Name extends string>(...names: Name[]): Schema<Name> {
  return v.custom<Name>((value) => names.includes(value as Name), `one of ${names.join(', ')}`);
}

export function fn<Function>(signature: string): Schema<Function> {
  return v.custom<Function>((value) => typeof value === 'function', `a function ${signature}`);
}

export function off(text: string): Schema<false> {
  return v.literal(false, text);
}

export const length: Schema<number> = between(1, longest, `milliseconds from 1 to ${longest}`);
export const lengthOrOff = kind<number, false>('number', length, off('milliseconds, or false'));
export const delay: Schema<number> = between(0, longest, `milliseconds from 0 to ${longest}`);

/** Neither an array nor a Headers, a Map, a Date: those have no entries, and would be taken for an empty set of options. */
function isObject(value: unknown): value is Record<string, unknown> {
  return Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * An object of these entries and no others. Each name that is not among them is told, also `__proto__` out of a JSON file;
 * an entry that must be there and is not is told in its own words.
 */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  // what valibot takes for a missing entry, where somebody has written to Object.prototype
  for (const entry of Object.values(entries)) Object.assign(entry, { fallback: undefined });
  const schema = v.strictObject(bare(Object.entries(entries)) as Entries, 'an object');
  const run = schema['~run'].bind(schema);
  const missing = Object.keys(entries)
    .filter((key) => entries[key]?.type !== 'optional')
    .map((key) => [key, undefined] as const);
  return Object.assign(schema, {
    '~run'(dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) {
      const { value } = dataset;
      if (!isObject(value)) return v.custom(() => false, 'an object')['~run'](dataset, config);
      const known = Object.entries(value).filter(([key]) => Object.hasOwn(entries, key));
      const result = run({ value: bare([...missing, ...known]) }, config);
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(entries, key)) continue;
        const alone = run({ value: Object.fromEntries([...missing, [key, undefined]]) }, config);
        const unknown = alone.issues?.filter(({ path }) => path?.[0].key === key) ?? [];
        Object.assign(result, { typed: false, issues: [...(result.issues ?? []), ...unknown] });
      }
      if (result.typed) result.value = Object.assign(bare([]), result.value);
      return result;
    },
  });
}

/** Without a prototype, so that nothing is read from one that somebody has written to. */
function bare(entries: Iterable<readonly [string, unknown]>): object {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

/** An object whose values are all of one kind, under any name. */
export function record<T>(value: Schema<T>, text: string) {
  return v.lazy<Schema<Record<string, T>>>((input) => {
    if (!isObject(input)) return v.custom(() => false, text) as never;
    const entries = Object.fromEntries(Object.keys(input).map((key) => [key, value]));
    return v.object(entries) as never;
  });
}

/** One schema for values of one kind and one for the rest, so that a fault is told by the schema that was meant. */
export function kind<A, B>(type: string, first: Schema<A>, second: Schema<B>): Schema<A | B> {
  return v.lazy<Schema<A | B>>(
    (input) =>
      ((type === 'object' ? isObject(input) : typeof input === type) ? first : second) as Schema<
        A | B
      >,
  );
}

/** A check between two entries of an object, told at the second; at the part that it is of, where that has its short form. */
export function conflict<T>(path: readonly string[], find: (input: T) => string | undefined) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    const text = dataset.typed ? find(dataset.value) : undefined;
    if (text === undefined) return;
    let value: unknown = dataset.value;
    const items = path.flatMap((key) => {
      if (!isObject(value)) return [];
      const input = value;
      value = input[key];
      return [{ type: 'object' as const, origin: 'value' as const, input, key, value }];
    });
    addIssue({ message: text, input: value, path: items as never });
  });
}
