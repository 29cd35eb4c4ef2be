import { isDeepStrictEqual } from 'node:util';
import type { Layer } from '../levels.ts';
import { defaults, overlay, type Policy } from '../policy.ts';

/** A policy, and who has said what in it is not as it comes, by the option. */
export interface SourcedPolicy {
  readonly policy: Policy;
  readonly sources: ReadonlyMap<string, string>;
}

/** Lays all layers over the defaults, as a call does, and sees after each what has changed by it. */
export function sourced(layers: readonly Layer[]): SourcedPolicy {
  const sources = new Map<string, string>();
  let policy: Policy = defaults;
  for (const { from, options } of layers.flatMap(unfolded)) {
    const next = overlay(policy, options);
    for (const option of changesBetween(policy, next)) {
      for (const inner of sources.keys()) if (inner.startsWith(`${option}.`)) sources.delete(inner);
      sources.set(option, from);
    }
    policy = next;
  }
  return { policy, sources };
}

/** A preset stands under what is said beside it, and is a source of its own. */
function unfolded(layer: Layer): Layer[] {
  const { preset, ...own } = layer.options;
  if (!preset) return [layer];
  return [
    { from: `preset ${preset}`, options: { preset } },
    { from: layer.from, options: own },
  ];
}

/** Options whose values differ; a part that was switched on or off is one. */
function changesBetween(before: unknown, after: unknown, path = ''): string[] {
  if (before === after) return [];
  if (isSet(before) && isSet(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const inner = (key: string) => (path ? `${path}.${key}` : key);
    return [...keys].flatMap((key) => changesBetween(before[key], after[key], inner(key)));
  }
  return Array.isArray(after) && isDeepStrictEqual(before, after) ? [] : [path];
}

/** Not a Response, nor an array. */
export function isSet(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
