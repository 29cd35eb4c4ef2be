import { closestMatch } from 'leven';
import * as v from 'valibot';
import { OptionsError } from './core/errors.ts';
import { quoted } from './core/quoted.ts';
import type { Schema } from './schema.ts';

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
    const keys = (issue.path ?? []).map(({ key }) => String(key));
    return `${path}: unknown option${hintAt(keys, known)}`;
  }
  const expected =
    issue.kind === 'schema' && issue.type.endsWith('object') ? 'an object' : issue.message;
  return `${path}: expected ${expected}, got ${shown(issue.input, secret.test(path))}`;
}

/** Options whose values are never shown, of whatever kind what came in their place is. */
const secret = /(^|\.)(headers|idempotencyKey)(\.|$)/;

/** What may have been meant. The names of a client's own options are unknown to a host and to a call. */
function hintAt(path: readonly string[], known: readonly string[]): string {
  const inHost = path[0] === 'hosts' && path.length > 2;
  const way = (inHost ? path.slice(2) : path).filter((key) => !/^\d+$/.test(key));
  if (known.includes(way.join('.'))) return '; it is one of a client';
  const nearest = nearestTo(way, known);
  return nearest ? `; did you mean ${nearest}?` : '';
}

/**
 * The known name that is nearest: one beside it, or else the whole path as one name (`retry.budget`), or else one of
 * another place, which is told with it.
 */
function nearestTo(way: readonly string[], known: readonly string[]): string | undefined {
  const name = way.at(-1) ?? '';
  const maxDistance = Math.min(4, Math.ceil(name.length / 2));
  const place = way
    .slice(0, -1)
    .map((key) => `${key}.`)
    .join('');
  const last = (full: string) => full.slice(full.lastIndexOf('.') + 1);
  const beside = known.filter((full) => full === place + last(full)).map(last);
  const joined = way.join('').toLowerCase();
  const nearest =
    closestMatch(name, beside, { maxDistance }) ??
    known.find((full) => full.toLowerCase() === joined);
  if (nearest) return nearest;
  const elsewhere = closestMatch(name, known.map(last), { maxDistance });
  return known.find((full) => last(full) === elsewhere);
}

/** A value in a message: short, and never the inside of an object, which may hold a secret. */
function shown(value: unknown, isSecret: boolean): string {
  const isPlain = typeof value === 'string' || typeof value === 'number';
  if (isSecret && isPlain && value !== '') return `a ${typeof value}`;
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
