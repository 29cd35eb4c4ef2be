import * as v from 'valibot';
import { record } from '../schema.ts';

/** Told by name alone: a value may be a secret. */
export const headers = v.pipe(
  record(v.string('a string'), 'an object of strings'),
  v.check(
    (given) => faultyHeader(given) === undefined,
    ({ input }) => `names and values that HTTP allows (not ${JSON.stringify(faultyHeader(input))})`,
  ),
);

function faultyHeader(given: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(given).find(([name, value]) => !isHeader(name, value))?.[0];
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers([[name, value]]).has(name);
  } catch {
    return false;
  }
}
