import { grouped, listed } from '../core/words.ts';
import { isSet } from './sources.ts';

/** A set of options as it was given, on one line: each by its name, with its value. */
export function said(options: object): string {
  return pairs(options, '').join(', ');
}

function pairs(options: object, path: string): string[] {
  return Object.entries(options).flatMap(([name, value]: [string, unknown]) =>
    isSet(value) ? pairs(value, `${path}${name}.`) : [`${path}${name} ${shown(value)}`],
  );
}

function shown(value: unknown): string {
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (typeof value === 'number') return grouped(value);
  if (Array.isArray(value)) return listed(value.map(String)) || 'none';
  if (typeof value === 'function') return '(a function)';
  return value instanceof Response ? '(a Response)' : String(value);
}
