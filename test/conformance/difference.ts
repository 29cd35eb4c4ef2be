import type { Plain } from './observation.ts';

/** Where two observations differ, as paths to the outermost places that do. */
export function differences(one: Plain, other: Plain, path: string = ''): string[] {
  if (Object.is(one, other)) return [];
  if (!isBranch(one) || !isBranch(other) || Array.isArray(one) !== Array.isArray(other))
    return [path];
  if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) return [path];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) => {
    const inner = path === '' ? key : `${path}.${key}`;
    if (!Object.hasOwn(one, key) || !Object.hasOwn(other, key)) return inner;
    return differences(one[key] as Plain, other[key] as Plain, inner);
  });
}

function isBranch(value: Plain): value is { [key: string]: Plain } {
  return typeof value === 'object' && value !== null;
}

/** What both have at the places where they differ. */
export function detailsOf(found: readonly string[], expected: Plain, actual: Plain): string {
  const at = (from: Plain, path: string) =>
    path
      .split('.')
      .reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], from);
  return found
    .map(
      (path) =>
        `${path}: ${JSON.stringify(at(expected, path))}, ${JSON.stringify(at(actual, path))}`,
    )
    .join('\n');
}
