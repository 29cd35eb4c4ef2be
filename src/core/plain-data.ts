/** Whether something is an object as a literal makes it, and not of a class. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Options are never deeper; what is deeper, or goes round in a ring, is for their check to refuse. */
const deepest = 4;

/** A copy of plain data that its owner may go on to change. Functions, and what is of a class, stay what they are. */
export function copyOfData(value: unknown, depth: number = deepest): unknown {
  if (typeof value !== 'object' || value === null || depth === 0) return value;
  if (Array.isArray(value)) return value.map((item) => copyOfData(item, depth - 1));
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([key, item]) => [key, copyOfData(item, depth - 1)]));
}

/** Whether two values say the same. Of what is of a class nobody knows, as it may have changed since. */
export function isSameData(one: unknown, other: unknown, depth: number = deepest): boolean {
  if (typeof one !== 'object' || one === null) return Object.is(one, other);
  if (typeof other !== 'object' || other === null || depth === 0) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  if (!Array.isArray(one) && !(isPlain(one) && isPlain(other))) return false;
  const keys = Object.keys(one);
  if (keys.length !== Object.keys(other).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(other, key)) return false;
    if (!isSameData(valueAt(one, key), valueAt(other, key), depth - 1)) return false;
  }
  return true;
}

function valueAt(object: object, key: string): unknown {
  return (object as Record<string, unknown>)[key];
}
