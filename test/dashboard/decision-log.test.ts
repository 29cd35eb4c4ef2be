import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DecisionLog } from '../../src/dashboard/decision-log.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const owner = { name: 'api', label: 'api' };
const origin = 'https://api.example.com';
const refused = (path: string, code = 'ERR_RESILIENCE_CIRCUIT_OPEN', at = origin) => ({
  ...{ client: 'api', origin: at, id: path, method: 'GET', path, code },
});
const opened = () => ({
  ...{ client: 'api', origin, reason: 'manual' as const, openFor: 1 },
  ...{ attempts: 0, failures: 0, slow: 0 },
});

test('tells 1 decision with its time, its client, its origin, its call and a sentence', () => {
  const log = new DecisionLog();
  log.note(owner, 'call.refused', refused('/a'));
  expect(log.newest()).toEqual([
    {
      at: Date.now(),
      client: 'api',
      origin,
      event: 'call.refused',
      text: 'GET /a was refused: the circuit is open',
      id: '/a',
    },
  ]);
});

test('counts 42 of a kind in the same second as 1 line, and begins anew in the next', async () => {
  const log = new DecisionLog();
  for (let count = 0; count < 42; count++) {
    log.note(owner, 'call.refused', refused(`/${count}`));
    log.note(owner, 'call.refused', refused('/', 'ERR_RESILIENCE_THROTTLED'));
  }
  log.note(owner, 'call.refused', refused('/', undefined, 'https://other.example.com'));
  await pass(1_000);
  log.note(owner, 'call.refused', refused('/later'));
  expect(log.newest().map(({ text }) => text)).toEqual([
    'GET /later was refused: the circuit is open',
    'GET / was refused: the circuit is open',
    'GET / was refused: the throttle refuses what the server would reject (and 41 more like it)',
    'GET /0 was refused: the circuit is open (and 41 more like it)',
  ]);
});

test('keeps the newest 100 of circuits and the newest 100 of all else, whatever their mix', async () => {
  const log = new DecisionLog();
  for (let count = 0; count < 3; count++) log.note(owner, 'circuit.opened', opened());
  for (let second = 0; second < 1_000; second++) {
    log.note(owner, 'call.refused', refused(`/${second}`));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  const kept = log.newest();
  expect(kept).toHaveLength(103);
  expect(kept[0]?.id).toBe('/999');
  expect(kept[99]?.id).toBe('/900');
  expect(kept.slice(100).map(({ event }) => event)).toEqual(Array(3).fill('circuit.opened'));
  for (let count = 0; count < 1_000; count++) log.note(owner, 'circuit.opened', opened());
  expect(log.newest()).toHaveLength(200);
});

test('lets a circuit’s decision be claimed by the 1 client that it was made for', () => {
  const log = new DecisionLog();
  const event = { ...opened(), client: 'child' };
  log.note({ name: 'parent', label: 'parent' }, 'circuit.opened', event);
  log.claim({ name: 'other', label: 'other' }, event);
  expect(log.newest()[0]?.client).toBe('parent');
  log.claim({ name: 'child', label: 'child' }, event);
  log.claim({ name: 'child', label: 'child 2' }, event);
  expect(log.newest().map(({ client }) => client)).toEqual(['child']);
});
