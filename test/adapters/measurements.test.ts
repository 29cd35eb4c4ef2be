import {
  ATTR_ERROR_TYPE,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
} from '@opentelemetry/semantic-conventions';
import { describe, expect, test } from 'vitest';
import { instruments } from '../../src/adapters/instruments.ts';
import {
  detailsOf,
  type Measurement,
  type OriginReading,
  originFacts,
  readings,
  stateOf,
} from '../../src/adapters/measurements.ts';
import type { EventName, Events } from '../../src/core/events.ts';

const about = { client: 'test', origin: 'https://api.test' };
const call = { ...about, id: '1', method: 'GET', path: '/users/1' };
const attempt = { ...call, attempt: 1, hedge: false };
const opened = { openFor: 5_000, attempts: 10, failures: 10, slow: 0 };
const reason = 'resilient_fetch.reason';
const state = 'resilient_fetch.circuit.state';

type Row = { [Name in EventName]: [Name, Events[Name], ...Measurement[]] }[EventName];
const rows: Row[] = [
  [
    'retry.scheduled',
    { ...attempt, outcome: '503', delay: 250, source: 'retry-after' },
    [
      'resilient_fetch.retries',
      1,
      { [reason]: '503', 'resilient_fetch.delay.source': 'retry-after' },
    ],
    ['resilient_fetch.retry.delay', 0.25, { 'resilient_fetch.delay.source': 'retry-after' }],
  ],
  [
    'retry.refused',
    { ...attempt, outcome: '503', reason: 'budget' },
    ['resilient_fetch.retries.refused', 1, { [reason]: 'budget' }],
  ],
  ['hedge.sent', { ...attempt, after: 50 }, ['resilient_fetch.hedges', 1]],
  ['hedge.won', attempt, ['resilient_fetch.hedges.won', 1]],
  [
    'hedge.refused',
    { ...attempt, reason: 'extra-load' },
    ['resilient_fetch.hedges.refused', 1, { [reason]: 'extra-load' }],
  ],
  ['slot.taken', { ...call, waited: 1_500 }, ['resilient_fetch.queue.duration', 1.5]],
  ['call.held', { ...call, delay: 100 }, ['resilient_fetch.calls.held', 1]],
  [
    'call.refused',
    { ...call, code: 'ERR_RESILIENCE_THROTTLED' },
    ['resilient_fetch.calls.refused', 1, { [ATTR_ERROR_TYPE]: 'ERR_RESILIENCE_THROTTLED' }],
  ],
  [
    'timeout.expired',
    { ...call, timeout: 'attempt', after: 100 },
    ['resilient_fetch.timeouts', 1, { 'resilient_fetch.timeout': 'attempt' }],
  ],
  [
    'fallback.used',
    { ...call, outcome: 'ECONNRESET' },
    ['resilient_fetch.fallbacks', 1, { [ATTR_ERROR_TYPE]: 'ECONNRESET' }],
  ],
  [
    'circuit.opened',
    { ...about, ...opened, reason: 'manual' },
    ['resilient_fetch.circuit.transitions', 1, { [state]: 'open', [reason]: 'manual' }],
  ],
  [
    'circuit.halfOpened',
    about,
    ['resilient_fetch.circuit.transitions', 1, { [state]: 'half-open', [reason]: 'waited' }],
  ],
  [
    'circuit.closed',
    { ...about, reason: 'probe-succeeded' },
    ['resilient_fetch.circuit.transitions', 1, { [state]: 'closed', [reason]: 'probe-succeeded' }],
  ],
  [
    'circuit.isolated',
    about,
    ['resilient_fetch.circuit.transitions', 1, { [state]: 'isolated', [reason]: 'manual' }],
  ],
];

const quiet: OriginReading = {
  circuit: 'closed',
  inFlight: 0,
  retryBudget: null,
  concurrency: null,
};

describe('an event', () => {
  test.each(rows)('is measured by 1 metric or 2: %s', (name, event, ...measured) => {
    const read = readings[name] as (event: unknown) => readonly Measurement[];
    expect(read(event)).toEqual(measured);
  });

  test('is measured if it has a row here, 14 of 14', () => {
    expect(rows.map(([name]) => name).toSorted()).toEqual(Object.keys(readings).toSorted());
  });

  test('with a word that somebody invented is measured by 1 that is known', () => {
    const outcome = 'bob@example.com';
    const [retry] =
      readings['retry.scheduled']?.({ ...attempt, outcome, delay: 1, source: 'backoff' }) ?? [];
    const [fallback] = readings['fallback.used']?.({ ...call, outcome }) ?? [];
    expect(retry?.[2]?.[reason]).toBe('_OTHER');
    expect(fallback?.[2]?.[ATTR_ERROR_TYPE]).toBe('_OTHER');
  });

  test('tells a span all that is its own, in seconds, 7 of 10 things', () => {
    const event = {
      ...about,
      ...opened,
      id: '1',
      method: 'GET',
      path: '/',
      reason: 'failure-ratio',
    };
    expect(detailsOf(event as Events['circuit.opened'])).toEqual({
      'resilient_fetch.origin': 'https://api.test',
      'resilient_fetch.reason': 'failure-ratio',
      'resilient_fetch.open_for': 5,
      'resilient_fetch.attempts': 10,
      'resilient_fetch.failures': 10,
      'resilient_fetch.slow': 0,
    });
  });
});

describe('the state of an origin', () => {
  const busy: OriginReading = {
    circuit: 'open',
    inFlight: 3,
    retryBudget: 9.5,
    concurrency: { inUse: 2, queued: 1, limit: 8 },
  };

  test('is 4 states of the circuit, of which 1 is it, and 5 numbers', () => {
    const all = [...stateOf(busy)].map(([name, value, facts]) => [name, facts?.[state], value]);
    expect(all).toEqual([
      ['resilient_fetch.circuit.state', 'closed', 0],
      ['resilient_fetch.circuit.state', 'half-open', 0],
      ['resilient_fetch.circuit.state', 'open', 1],
      ['resilient_fetch.circuit.state', 'isolated', 0],
      ['resilient_fetch.calls.in_flight', undefined, 3],
      ['resilient_fetch.retry_budget.tokens', undefined, 9.5],
      ['resilient_fetch.concurrency.in_use', undefined, 2],
      ['resilient_fetch.concurrency.limit', undefined, 8],
      ['resilient_fetch.queue.length', undefined, 1],
    ]);
  });

  test('says nothing of what is off: 4 less', () => {
    expect([...stateOf(quiet)]).toHaveLength(5);
  });

  test('and every event are told by instruments that there are, all 20 but the 2 durations', () => {
    const read = ([name, event]: Row) =>
      (readings[name] as (event: unknown) => readonly Measurement[])(event);
    const used = [...rows.flatMap(read), ...stateOf(busy)].map(([name]) => name);
    const durations = ['http.client.request.duration', 'resilient_fetch.call.duration'];
    const names = [...new Set<string>([...used, ...durations])].toSorted();
    expect(names).toEqual(Object.keys(instruments).toSorted());
  });
});

test('an origin is told by 3 facts', () => {
  expect(originFacts('test', 'http://api.test:81')).toEqual({
    'resilient_fetch.client': 'test',
    [ATTR_SERVER_ADDRESS]: 'api.test',
    [ATTR_SERVER_PORT]: 81,
  });
});
