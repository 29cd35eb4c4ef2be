import { expect, test } from 'vitest';
import type { StopReason } from '../../src/core/call-log.ts';
import { reportRetry } from '../../src/core/retry-report.ts';
import { type Endpoint, routeOf } from '../../src/core/route.ts';
import { contextOf, logOf, outgoing, runtimeOf } from './given.ts';

const outcome = { response: new Response(null, { status: 503 }) };
const about = {
  ...{ client: 'test', id: '1', method: 'GET', attempt: 2, hedge: false, outcome: '503' },
  ...{ origin: 'https://api.test', path: '/users/1' },
};

/** A call with 2 attempts behind it, and all that is told of the next one. */
function reporting() {
  const { runtime, told } = runtimeOf('retry.scheduled', 'retry.refused');
  const attempt = { attempt: 1, at: 0, outcome: '503', duration: 1 };
  const log = logOf({ attempts: [attempt, { ...attempt, attempt: 2 }] });
  return { runtime, told, log, context: contextOf({ log, attempt: 2 }) };
}

test('a wait of 100 is written beside the latest attempt, and told 1 time', () => {
  const { runtime, told, log, context } = reporting();
  reportRetry({ delay: 100, source: 'backoff' }, outcome, outgoing(), context, runtime);
  expect(log.attempts).toEqual([
    { attempt: 1, at: 0, outcome: '503', duration: 1 },
    { attempt: 2, at: 0, outcome: '503', duration: 1, delay: 100, source: 'backoff' },
  ]);
  expect(log.stopped).toBe('pending');
  expect(told).toEqual([['retry.scheduled', { ...about, delay: 100, source: 'backoff' }]]);
});

test('an end is written into the log, and told 1 time where a retry was in question', () => {
  const { runtime, told, log, context } = reporting();
  reportRetry({ stop: 'budget' }, outcome, outgoing(), context, runtime);
  expect(log.stopped).toBe('budget');
  expect(log.attempts[1]).not.toHaveProperty('delay');
  expect(told).toEqual([['retry.refused', { ...about, reason: 'budget' }]]);
});

test.each<StopReason>(['final', 'aborted', 'timeout', 'refused'])(
  'an end is told 0 times where none was: %s',
  (stop) => {
    const { runtime, told, log, context } = reporting();
    reportRetry({ stop }, outcome, outgoing(), context, runtime);
    expect(log.stopped).toBe(stop);
    expect(told).toEqual([]);
  },
);

test('the place is the one that the attempt went to, 1 of several', () => {
  const { runtime, told, context } = reporting();
  const place: Endpoint = {
    state: { origin: 'https://b.test', inFlight: 0 },
    url: new URL('https://b.test/v4/users/1?token=secret'),
    weight: 1,
  };
  const route = routeOf([place], 'ordered');
  route.latest = place;
  const there = { ...context, route };
  reportRetry({ stop: 'method' }, outcome, outgoing(), there, runtime);
  const expected = { ...about, origin: 'https://b.test', path: '/v4/users/1', reason: 'method' };
  expect(told).toEqual([['retry.refused', expected]]);
});
