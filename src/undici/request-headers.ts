import type { FetchInit } from '../core/outgoing.ts';
import { isSendable } from './answer.ts';

/**
 * The headers of a request, in any of the forms that undici takes: names and values by turns, an object, or pairs.
 * Whatever the strategies add stands beside them; they themselves leave as the caller wrote them.
 */
export class RequestHeaders {
  readonly #given: unknown;
  /** What a Headers would hold, as far as it takes it: what it does not, undici refuses in its own words. */
  readonly record: Readonly<Record<string, string>>;

  constructor(given: unknown) {
    // an iterator gives its pairs only once
    this.#given = isIterable(given) && !Array.isArray(given) ? [...given].flat(1) : given;
    const record: Record<string, string> = {};
    for (const [name, value] of pairsOf(this.#given)) {
      const text = Array.isArray(value) ? value.join(', ') : String(value ?? '');
      if (value === undefined || !isSendable(String(name), text)) continue;
      const key = String(name).toLowerCase();
      record[key] = key in record ? `${record[key]}, ${text}` : text;
    }
    this.record = record;
  }

  /** What is to be sent, given what the strategies have made of the record. */
  with(asked: FetchInit['headers']): unknown {
    const { record } = this;
    const now = asked instanceof Headers ? [...asked] : Object.entries(asked ?? {});
    const changed = now
      .map(([name, value]) => [name.toLowerCase(), String(value)] as const)
      .filter(([name, value]) => record[name] !== value);
    if (changed.length === 0) return this.#given;
    const names = new Set(changed.map(([name]) => name));
    const kept = pairsOf(this.#given).filter(([name]) => !names.has(String(name).toLowerCase()));
    return [...kept, ...changed].flat(1);
  }
}

function pairsOf(given: unknown): (readonly [name: unknown, value: unknown])[] {
  if (!Array.isArray(given)) return Object.entries(given ?? {});
  const pairs: [unknown, unknown][] = [];
  for (let index = 0; index < given.length; index += 2) {
    pairs.push([given[index], given[index + 1]]);
  }
  return pairs;
}

function isIterable(value: unknown): value is Iterable<readonly [unknown, unknown]> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
