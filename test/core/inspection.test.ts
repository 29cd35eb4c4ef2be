import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CircuitOpenError, ThrottledError } from '../../src/core/errors.ts';
import { record } from '../../src/core/explain.ts';
import { logOf } from './given.ts';

const head = 'GET https://api.test/users/1 → 503 after 7 ms, nothing was sent';
const end = 'given up  the circuit is open';

/** An error with a log, as a caller gets it. */
function told(cause?: unknown): CircuitOpenError {
  const error = new CircuitOpenError(5_000, { origin: 'https://api.test', attempts: 0, cause });
  record(error, logOf({ outcome: '503', stopped: 'circuit-open', duration: 7 }));
  return error;
}

/** What Node makes of it when it is not asked. */
const usual = (error: Error) => inspect(error, { customInspect: false });

describe('an error that is logged', () => {
  test('shows its stack, 4 properties and its cause as Node would, and then its timeline', () => {
    const error = told(new TypeError('fetch failed'));
    const text = inspect(error);
    expect(text.startsWith(`${usual(error)}\n${head}\n`)).toBe(true);
    expect(text.endsWith(end)).toBe(true);
    expect(text).toContain('CircuitOpenError: The circuit of https://api.test is open');
    expect(text).toContain("code: 'ERR_RESILIENCE_CIRCUIT_OPEN'");
    expect(text).toContain('retryAfter: 5000');
    expect(text).toContain('[cause]: TypeError: fetch failed');
  });

  test('is as ever where it has 0 logs', () => {
    const error = new ThrottledError(0.5, { origin: 'https://api.test', attempts: 0 });
    expect(inspect(error)).toBe(usual(error));
    expect(inspect(new Error('mine', { cause: error }))).toContain('[cause]: ThrottledError');
  });

  test('tells its own timeline and that of its cause, 2 of them', () => {
    const text = inspect(new Error('mine', { cause: told(told()) }));
    expect(text.split(head)).toHaveLength(3);
    expect(text).toContain('[cause]: CircuitOpenError');
  });

  test('is moved in with what it is in, each of its lines by 4 columns', () => {
    const lines = inspect({ deep: { error: told() } }, { compact: false }).split('\n');
    const first = lines.findIndex((line) => line.includes('CircuitOpenError'));
    const last = lines.findIndex((line) => line.endsWith('the circuit is open'));
    expect(lines[first + 1]).toMatch(/^ {8}at /);
    expect(lines.slice(first, last + 1).every((line) => line.startsWith('    '))).toBe(true);
    expect(lines[last - 1]).toBe(`    ${head}`);
  });

  test('shows its properties no deeper than asked: 0 levels, and not at all below', () => {
    const error = Object.assign(told(), { extra: { inner: { innermost: 1 } } });
    expect(inspect(error, { depth: 0 })).toContain('extra: [Object]');
    expect(inspect(error, { depth: null })).toContain('innermost: 1');
    expect(inspect(error, { depth: 1 })).toContain('inner: [Object]');
    const nested = inspect({ a: { error } }, { depth: 0 });
    expect(nested).toBe('{ a: [Object] }');
    expect(inspect({ error }, { depth: 0 })).not.toContain(head);
  });

  test('keeps its colours, 1 at the least', () => {
    const text = inspect(told(), { colors: true });
    expect(text).toContain('\u001b[33m5000\u001b[39m');
    expect(text).toContain(head);
  });

  test('may be its own cause, or its cause’s: 2 rings that end', () => {
    const one = told();
    Object.assign(one, { cause: one });
    expect(inspect(one)).toContain('[Circular *1]');
    const [first, second] = [told(), told()];
    Object.assign(first, { cause: second });
    Object.assign(second, { cause: first });
    expect(inspect(first, { depth: null })).toContain('[Circular *1]');
  });

  test('is shown again as it was, 2 times, also after one that failed', () => {
    const error = told();
    expect(() => inspect(Object.assign(error, { broken: { [inspect.custom]: fail } }))).toThrow();
    Object.assign(error, { broken: 1 });
    expect(inspect(error)).toContain(head);
    expect(inspect(error)).toBe(inspect(error));
  });
});

function fail(): never {
  throw new Error('broken');
}

describe('an error that is not logged is as it was', () => {
  const error = told(new TypeError('fetch failed'));

  test('as text and in its stack: 0 lines more', () => {
    expect(String(error)).toBe(`CircuitOpenError: ${error.message}`);
    expect(error.stack).not.toContain(head);
  });

  test('to those who copy it: 0 keys more, none that is counted', () => {
    const own = ['stack', 'message', 'cause', 'origin', 'attempts', 'name', 'code', 'retryAfter'];
    expect(Reflect.ownKeys(error).toSorted()).toEqual(own.toSorted());
    const counted: PropertyKey[] = [];
    for (const key in error) counted.push(key);
    expect(counted.toSorted()).toEqual(['attempts', 'code', 'name', 'origin', 'retryAfter']);
    expect(Object.keys(JSON.parse(JSON.stringify(error))).toSorted()).toEqual(counted.toSorted());
    const copy = structuredClone(error);
    expect(copy.message).toBe(error.message);
    expect(copy.cause).toEqual(error.cause);
  });

  test('to those who compare it: equal to 1 that was never told', () => {
    const { message, cause } = error;
    const other = new CircuitOpenError(5_000, { origin: 'https://api.test', attempts: 0, cause });
    expect(error).toEqual(other);
    expect(error).toStrictEqual(other);
    expect(error).toMatchObject({ message, code: 'ERR_RESILIENCE_CIRCUIT_OPEN' });
    expect(() => {
      throw error;
    }).toThrow(other);
  });
});
