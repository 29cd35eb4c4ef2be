import { expect, test } from 'vitest';
import type { Events } from '../../src/core/events.ts';
import { type DecisionName, decisionNames, sentenceOf } from '../../src/dashboard/sentences.ts';

const base = { client: 'api', origin: 'https://api.example.com' };
const call = { ...base, id: '1', method: 'GET', path: '/orders' };
const attempt = { ...call, attempt: 1, hedge: false };
const opened = { ...base, openFor: 5_000, attempts: 20, failures: 12, slow: 15 };

type Case = {
  [Name in DecisionName]: readonly [Name, Events[Name], string];
}[DecisionName];

const cases: readonly Case[] = [
  [
    'retry.scheduled',
    { ...attempt, outcome: '503', delay: 180.4, source: 'backoff' },
    'GET /orders was answered 503: attempt 2 in 180 ms, backoff',
  ],
  [
    'retry.scheduled',
    { ...attempt, outcome: '429', delay: 1_250, source: 'retry-after' },
    'GET /orders was answered 429: attempt 2 in 1.25 s, as Retry-After asks',
  ],
  [
    'retry.scheduled',
    { ...attempt, outcome: 'ECONNRESET', delay: 0, source: 'failover' },
    'GET /orders failed (ECONNRESET): attempt 2 in 0 ms, at another place',
  ],
  [
    'retry.refused',
    { ...attempt, outcome: '503', reason: 'budget' },
    "GET /orders was answered 503 and is not retried: the origin's retry budget is used up",
  ],
  [
    'hedge.sent',
    { ...attempt, hedge: true, after: 85 },
    'GET /orders is unanswered after 85 ms: a second copy is sent',
  ],
  [
    'hedge.refused',
    { ...attempt, hedge: true, reason: 'extra-load' },
    'GET /orders is slow, but gets no second copy: maxExtraLoad is reached',
  ],
  [
    'timeout.expired',
    { ...call, timeout: 'attempt', after: 400 },
    'An attempt of GET /orders was ended: timeout.attempt of 400 ms ran out',
  ],
  [
    'timeout.expired',
    { ...call, timeout: 'total', after: 30_000 },
    'GET /orders was given up: timeout.total of 30 s ran out',
  ],
  [
    'timeout.expired',
    { ...call, timeout: 'body', after: 1_000 },
    'The body of GET /orders was given up: timeout.body of 1 s ran out',
  ],
  [
    'retry.scheduled',
    { ...attempt, outcome: 'UND_ERR_SOCKET', delay: 50, source: 'backoff', offset: 4_800_000 },
    'GET /orders broke off at byte 4,800,000 (UND_ERR_SOCKET): attempt 2 in 50 ms, backoff',
  ],
  [
    'retry.refused',
    { ...attempt, outcome: 'UND_ERR_SOCKET', reason: 'changed', offset: 1_000 },
    'GET /orders broke off at byte 1,000 (UND_ERR_SOCKET) and is not retried: another version of the body is there by now',
  ],
  [
    'slot.queued',
    { ...call, queued: 3, limit: 10 },
    'GET /orders waits for a slot, 3 in line for 10',
  ],
  [
    'call.held',
    { ...call, delay: 2_000 },
    'GET /orders is held for 2 s: the origin asked everybody for a pause',
  ],
  [
    'call.refused',
    { ...call, code: 'ERR_RESILIENCE_CIRCUIT_OPEN' },
    'GET /orders was refused: the circuit is open',
  ],
  [
    'call.refused',
    { ...call, code: 'ERR_RESILIENCE_NEW' },
    'GET /orders was refused: ERR_RESILIENCE_NEW',
  ],
  [
    'fallback.used',
    { ...call, outcome: 'ERR_RESILIENCE_TIMEOUT' },
    'GET /orders was not answered in time: its caller got the fallback',
  ],
  [
    'circuit.opened',
    { ...opened, reason: 'failure-ratio' },
    'The circuit opened for 5 s: 12 of 20 attempts failed',
  ],
  [
    'circuit.opened',
    { ...opened, reason: 'consecutive-failures' },
    'The circuit opened for 5 s: too many failures in a row, 12 of 20 attempts failed',
  ],
  [
    'circuit.opened',
    { ...opened, reason: 'slow-call-ratio' },
    'The circuit opened for 5 s: 15 of 20 attempts were slow',
  ],
  [
    'circuit.opened',
    { ...opened, reason: 'probe-failed' },
    'The circuit opened for 5 s: its probe failed',
  ],
  [
    'circuit.opened',
    { ...opened, reason: 'manual' },
    "The circuit opened for 5 s: by an operator's hand",
  ],
  ['circuit.halfOpened', base, 'The circuit is half-open: a probe may pass'],
  [
    'circuit.closed',
    { ...base, reason: 'probe-succeeded' },
    'The circuit closed: a probe went well',
  ],
  ['circuit.closed', { ...base, reason: 'manual' }, "The circuit was closed by an operator's hand"],
  [
    'circuit.isolated',
    base,
    "The circuit was isolated by an operator's hand: nothing passes until it is closed by hand",
  ],
  [
    'circuit.wouldRefuse',
    attempt,
    'GET /orders was let out through an open circuit, which is not enforced',
  ],
  ['circuit.forgotten', base, 'An open circuit was forgotten: maxOrigins others are known'],
];

test.each(cases)('says in 1 of 27 ways what was decided and why: %s', (name, event, expected) => {
  expect(sentenceOf(name, event as never)).toBe(expected);
});

test('has a sentence for each of 15 decisions, and the cases above for all of them', () => {
  expect(decisionNames).toHaveLength(15);
  expect([...new Set(cases.map(([name]) => name))].toSorted()).toEqual(decisionNames.toSorted());
});

test('cuts a path and a name of 1,000 characters at 60', () => {
  const failed = sentenceOf('fallback.used', { ...call, outcome: 'x'.repeat(1_000) });
  expect(failed).toBe(`GET /orders failed (${'x'.repeat(60)}…): its caller got the fallback`);
  const text = sentenceOf('call.held', { ...call, path: `/${'x'.repeat(999)}`, delay: 1 });
  expect(text).toBe(
    `GET /${'x'.repeat(59)}… is held for 1 ms: the origin asked everybody for a pause`,
  );
});
