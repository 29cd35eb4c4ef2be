import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { withoutErrors } from '../../src/core/call-log.ts';
import { Chronicle } from '../../src/core/chronicle.ts';
import { logOf } from './given.ts';

const attempts = () => [
  { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 1, error: new TypeError('secret') },
  { attempt: 2, at: 5, outcome: '200', duration: 2 },
];
const log = () => logOf({ attempts: attempts(), outcome: '200', stopped: 'final', duration: 7 });
const head = 'GET https://api.test/users/1 → 200 after 7 ms, 2 attempts';

describe('the log of a call as text', () => {
  test('is its timeline of 3 lines, in a template and where it is logged', () => {
    const lines = `${log()}`.split('\n');
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(head);
    expect(String(log())).toBe(`${log()}`);
    expect(inspect(log())).toBe(`${log()}`);
  });

  test('moves in with what it is in, by 2 columns', () => {
    const [first, second] = inspect({ a: 1, log: log() }, { compact: false }).split('\n').slice(2);
    expect(first).toBe(`  log: ${head}`);
    expect(second).toBe(`  ${String(log()).split('\n')[1]}`);
  });

  test('is its first line where it is deeper than what is to be shown, 1 level here', () => {
    expect(inspect({ a: { log: log() } }, { depth: 0 })).not.toContain('attempt 1');
    expect(inspect({ log: log() }, { depth: 0 })).toContain(`log: ${head}`);
    expect(inspect({ log: log() }, { depth: 0 })).not.toContain('attempt 1');
  });

  test('gives way to the fields where nobody is to be asked, as `console.dir` does: 8 of them', () => {
    expect(inspect(log(), { customInspect: false })).toMatch(/attempts: \[/);
    expect(Object.keys(log())).toEqual([
      ...['id', 'method', 'origin', 'path', 'attempts', 'outcome', 'stopped', 'duration'],
    ]);
  });
});

describe('the log of a call as data', () => {
  test('is JSON of its 8 fields', () => {
    expect(JSON.parse(JSON.stringify(log()))).toEqual({
      ...{ id: '1', method: 'GET', origin: 'https://api.test', path: '/users/1' },
      attempts: [
        { attempt: 1, at: 0, outcome: 'ECONNRESET', duration: 1, error: {} },
        { attempt: 2, at: 5, outcome: '200', duration: 2 },
      ],
      ...{ outcome: '200', stopped: 'final', duration: 7 },
    });
  });

  test('can be cloned, errors included, 1 plain object', () => {
    const copy = structuredClone(log());
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(copy).toEqual({ ...log() });
    expect(copy.attempts[0]?.error).toBeInstanceOf(TypeError);
  });

  test('is plain where events tell it, with 0 errors', () => {
    const copy = withoutErrors(log());
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).not.toContain('error');
    expect(inspect(copy)).toMatch(/^\{/);
  });
});

test('can be spoilt by nobody who is told of it: 3 parts are copies', () => {
  const chronicle = new Chronicle('1', 'GET', 'https://api.test', '/');
  const broken = { after: 3, offset: 5, outcome: 'ECONNRESET' };
  chronicle.attempts.push({ attempt: 1, at: 0, outcome: '200', duration: 1, broken });
  chronicle.note('queued', 0);
  const before = JSON.stringify(chronicle);
  const { attempts, steps = [] } = withoutErrors(chronicle);
  for (const part of [attempts[0], attempts[0]?.broken, steps[0]]) {
    Object.assign(part ?? {}, { outcome: 'spoilt' });
  }
  steps.length = 0;
  expect(JSON.stringify(chronicle)).toBe(before);
});

test('knows when each of 2 steps was, counted from its beginning', () => {
  const chronicle = new Chronicle('1', 'GET', 'https://api.test', '/');
  const start = performance.now() - chronicle.at(performance.now());
  expect(chronicle.at(start + 5)).toBeCloseTo(5);
  expect('steps' in chronicle).toBe(false);
  chronicle.note('queued', start + 5);
  chronicle.note('refused', start + 9, 'https://b.test', 'ERR');
  const [first, second] = chronicle.steps ?? [];
  expect(Object.keys(first ?? {})).toEqual(['step', 'at', 'duration']);
  expect(first?.at).toBeCloseTo(5);
  expect(second).toMatchObject({ step: 'refused', origin: 'https://b.test', outcome: 'ERR' });
});
