import { closestMatch } from 'leven';
import * as v from 'valibot';
import { OptionsError } from './core/errors.ts';
import { longest } from './core/stop.ts';

/**
 * The few kinds of value that options are made of. Each carries, as its message, what it expects in words; `check` adds
 * where it was expected and what came instead.
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

/** An object of these entries and no others. Each name that is not among them is told, also `__proto__` out of a JSON file. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  const schema = v.strictObject(bare(Object.entries(entries)) as Entries, 'an object');
  const run = schema['~run'].bind(schema);
  return Object.assign(schema, {
    '~run'(dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) {
      const { value } = dataset;
      if (!isObject(value)) return v.custom(() => false, 'an object')['~run'](dataset, config);
      const known = Object.entries(value).filter(([key]) => Object.hasOwn(entries, key));
      const result = run({ value: bare(known) }, config);
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(entries, key)) continue;
        const { issues = [] } = run({ value: Object.fromEntries([[key, undefined]]) }, config);
        Object.assign(result, { typed: false, issues: [...(result.issues ?? []), ...issues] });
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

/** A check between two entries of an object, told at the second. */
export function conflict<T>(path: readonly string[], find: (input: T) => string | undefined) {
  return v.rawCheck<T>(({ dataset, addIssue }) => {
    const text = dataset.typed ? find(dataset.value) : undefined;
    if (text === undefined) return;
    let value: unknown = dataset.value;
    const items = path.map((key) => {
      const input = value as Record<string, unknown>;
      value = input[key];
      return { type: 'object' as const, origin: 'value' as const, input, key, value };
    });
    addIssue({ message: text, input: value, path: items as never });
  });
}

/**
 * Checks a set of options against its schema. Throws one error that has a line for every fault: where, what was
 * expected, and what came.
 */
export function check<T>(schema: Schema<T>, options: unknown, known: readonly string[]): T {
  const result = v.safeParse(schema, options);
  if (result.success) return result.output;
  throw new OptionsError(result.issues.map((issue) => describe(issue, known)).join('\n'));
}

function describe(issue: v.BaseIssue<unknown>, known: readonly string[]): string {
  const path = v.getDotPath(issue) ?? 'options';
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    const nearest = nearestTo(
      (issue.path ?? []).map(({ key }) => String(key)),
      known,
    );
    return `${path}: unknown option${nearest ? `; did you mean ${nearest}?` : ''}`;
  }
  const expected =
    issue.kind === 'schema' && issue.type.endsWith('object') ? 'an object' : issue.message;
  return `${path}: expected ${expected}, got ${shown(issue.input)}`;
}

/** The known name that is nearest: one beside it, or else one of another place, which is told with it. */
function nearestTo(path: readonly string[], known: readonly string[]): string | undefined {
  const way = path[0] === 'hosts' ? path.slice(2) : path;
  const name = way.at(-1) ?? '';
  const place = way
    .slice(0, -1)
    .map((key) => `${key}.`)
    .join('');
  const last = (full: string) => full.slice(full.lastIndexOf('.') + 1);
  const beside = known.filter((full) => full === place + last(full)).map(last);
  const nearest = closestMatch(name, beside, { maxDistance: 4 });
  if (nearest) return nearest;
  const elsewhere = closestMatch(name, known.map(last), { maxDistance: 4 });
  return known.find((full) => last(full) === elsewhere);
}

/** A value in a message: short, and never the inside of an object, which may hold a secret. */
function shown(value: unknown): string {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
