import { expect, test } from 'vitest';
import { Emitter } from '../src/core/events.ts';
import type { Runtime } from '../src/core/runtime.ts';
import { Cooldown } from '../src/decisions/cooldown.ts';
import { Slots } from '../src/decisions/slots.ts';
import type { CircuitRule } from '../src/decisions/trip.ts';
import { circuitHandle, forget, openOrigins } from '../src/origins.ts';
import { defaults } from '../src/policy.ts';

const origin = 'https://api.example.com';

function given(limit = 10) {
  const events = new Emitter();
  const forgotten: string[] = [];
  events.on('circuit.forgotten', (event) => forgotten.push(event.origin));
  const runtime: Runtime = { name: 'test', events, random: () => 0.5 };
  const origins = openOrigins(limit, runtime);
  const handle = (rule: () => CircuitRule | false) => circuitHandle(origin, origins, rule, runtime);
  return { origins, handle, runtime, forgotten };
}

test('a hand opens, closes and isolates 1 circuit', () => {
  const { origins, handle, runtime } = given();
  const circuit = handle(() => defaults.circuitBreaker);
  const states = [circuit.open, circuit.close, circuit.isolate, circuit.open].map((act) => {
    act();
    return circuit.state;
  });
  expect(states).toEqual(['open', 'closed', 'isolated', 'isolated']);
  forget(origins.of(origin), runtime);
  expect(circuit.state).toBe('closed');
});

test('to look at a circuit makes 0 origins known', () => {
  const { origins, handle } = given();
  expect(handle(() => defaults.circuitBreaker).state).toBe('closed');
  expect(origins.size).toBe(0);
});

test('there is no hand on a circuit where the breaker is off, nor 1 that opens it once it is', () => {
  const { handle } = given();
  const off = new TypeError(`circuitBreaker is off for ${origin}`);
  expect(() => handle(() => false)).toThrow(off);
  let rule: CircuitRule | false = defaults.circuitBreaker;
  const circuit = handle(() => rule);
  circuit.open();
  rule = false;
  expect(() => circuit.isolate()).toThrow(off);
  circuit.close();
  expect(() => circuit.open()).toThrow(off);
  expect(circuit.state).toBe('closed');
});

test('an open circuit that makes room for 1 other origin is told of', () => {
  const { origins, handle, forgotten } = given(1);
  handle(() => defaults.circuitBreaker).open();
  origins.of('https://other.example.com');
  expect(forgotten).toEqual([origin]);
});

test('an origin whose slot is held, or that asked for a pause, is forgotten after 1 that is idle', () => {
  const { origins } = given(3);
  const rule = { max: 1, queue: 1, hold: 'body', adaptive: false } as const;
  Slots.of(origins.of('https://held.test')).take(rule);
  Cooldown.of(origins.of('https://paused.test')).hold(60_000, performance.now());
  origins.of('https://idle.test');
  origins.of('https://new.test');
  expect([...origins.values()].map((state) => state.origin)).toEqual([
    ...['https://held.test', 'https://paused.test', 'https://new.test'],
  ]);
});
