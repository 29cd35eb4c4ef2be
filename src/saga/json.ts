/**
 * A value as a journal can keep it, or an error that says where it can't. JSON.stringify alone would turn a Date into a
 * string, a Map into `{}` and NaN into null, and nobody would know before the crash after which that is read.
 *
 * @param what the value's name, for the message.
 */
export function asJson(value: unknown, what: string): unknown {
  refuseForeign(value, what, []);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

function refuseForeign(value: unknown, path: string, within: readonly object[]): void {
  if (value === null || ['undefined', 'string', 'boolean'].includes(typeof value)) return;
  if (typeof value === 'number' && Number.isFinite(value)) return;
  if (typeof value !== 'object') throw foreign(path, describe(value));
  if (within.includes(value)) throw foreign(path, 'a value that holds itself');
  const inner = [...within, value];
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (item === undefined) throw foreign(`${path}[${index}]`, 'undefined');
      refuseForeign(item, `${path}[${index}]`, inner);
    }
    return;
  }
  const prototype = Object.getPrototypeOf(value);
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null;
  if (!isPlain || 'toJSON' in value) throw foreign(path, describe(value));
  for (const [key, item] of Object.entries(value)) refuseForeign(item, `${path}.${key}`, inner);
}

/** The kind of a value, and never its content: it may be private. */
function describe(value: unknown): string {
  if (typeof value === 'number') return String(value);
  if (typeof value !== 'object' || value === null) return `a ${typeof value}`;
  return `an object of ${value.constructor?.name || 'a class'}`;
}

function foreign(path: string, came: string): TypeError {
  return new TypeError(`${path}: expected what JSON can hold, got ${came}`);
}
