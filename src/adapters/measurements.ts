import type { EventName, Events } from '../core/events.ts';
import type { CircuitState } from '../core/per-origin.ts';
import { wordFor } from './error-type.ts';
import { type Facts, serverOf } from './http-attributes.ts';
import type { InstrumentName } from './instruments.ts';

/** One number for one metric. */
export type Measurement = readonly [name: InstrumentName, value: number, facts?: Facts];

type Reading = { [Name in EventName]?: (event: Events[Name]) => readonly Measurement[] };

const transition = (state: CircuitState, reason: string): Measurement => [
  'resilient_fetch.circuit.transitions',
  1,
  { 'resilient_fetch.circuit.state': state, 'resilient_fetch.reason': reason },
];

/** What each decision adds to the metrics. The events of every call and attempt are not among them: they cost too much. */
export const readings: Reading = {
  'retry.scheduled': ({ outcome, delay, source }) => [
    [
      'resilient_fetch.retries',
      1,
      { 'resilient_fetch.reason': wordFor(outcome), 'resilient_fetch.delay.source': source },
    ],
    ['resilient_fetch.retry.delay', delay / 1_000, { 'resilient_fetch.delay.source': source }],
  ],
  'retry.refused': ({ reason }) => [
    ['resilient_fetch.retries.refused', 1, { 'resilient_fetch.reason': reason }],
  ],
  'hedge.sent': () => [['resilient_fetch.hedges', 1]],
  'hedge.won': () => [['resilient_fetch.hedges.won', 1]],
  'hedge.refused': ({ reason }) => [
    ['resilient_fetch.hedges.refused', 1, { 'resilient_fetch.reason': reason }],
  ],
  'slot.taken': ({ waited }) => [['resilient_fetch.queue.duration', waited / 1_000]],
  'call.held': () => [['resilient_fetch.calls.held', 1]],
  'call.refused': ({ code }) => [['resilient_fetch.calls.refused', 1, { 'error.type': code }]],
  'timeout.expired': ({ timeout }) => [
    ['resilient_fetch.timeouts', 1, { 'resilient_fetch.timeout': timeout }],
  ],
  'fallback.used': ({ outcome }) => [
    ['resilient_fetch.fallbacks', 1, { 'error.type': wordFor(outcome) }],
  ],
  'circuit.opened': ({ reason }) => [transition('open', reason)],
  'circuit.halfOpened': () => [transition('half-open', 'waited')],
  'circuit.closed': ({ reason }) => [transition('closed', reason)],
  'circuit.isolated': () => [transition('isolated', 'manual')],
};

/** How it stands with one origin, as `health()` tells it. */
export interface OriginReading {
  readonly circuit: CircuitState;
  readonly inFlight: number;
  readonly retryBudget: number | null;
  readonly concurrency: {
    readonly inUse: number;
    readonly queued: number;
    readonly limit: number;
  } | null;
}

const states: readonly CircuitState[] = ['closed', 'half-open', 'open', 'isolated'];

/** What is measured of an origin when somebody asks, and not as it happens. */
export function* stateOf(now: OriginReading): Generator<Measurement> {
  const { circuit, inFlight, retryBudget, concurrency } = now;
  for (const state of states) {
    const facts = { 'resilient_fetch.circuit.state': state };
    yield ['resilient_fetch.circuit.state', state === circuit ? 1 : 0, facts];
  }
  yield ['resilient_fetch.calls.in_flight', inFlight];
  if (retryBudget !== null) yield ['resilient_fetch.retry_budget.tokens', retryBudget];
  if (concurrency === null) return;
  yield ['resilient_fetch.concurrency.in_use', concurrency.inUse];
  yield ['resilient_fetch.concurrency.limit', concurrency.limit];
  yield ['resilient_fetch.queue.length', concurrency.queued];
}

/** What all our own metrics say of where they come from. */
export function originFacts(client: string, origin: string): Facts {
  return { 'resilient_fetch.client': client, ...serverOf(new URL(origin)) };
}

/** What a span is told of a decision: all that its event says, but for what the span says already. Lengths in seconds. */
export function detailsOf(event: Events[EventName]): Facts {
  const facts: Facts = {};
  for (const [name, value] of Object.entries(event)) {
    if (saidAlready.has(name) || typeof value === 'object') continue;
    const key = `resilient_fetch.${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    facts[key] = lengths.has(name) ? value / 1_000 : value;
  }
  return facts;
}

const saidAlready = new Set(['client', 'id', 'method', 'path']);
const lengths = new Set(['delay', 'waited', 'after', 'openFor']);
