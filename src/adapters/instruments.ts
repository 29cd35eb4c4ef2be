/** How one metric is made. */
export interface Instrument {
  readonly kind: 'counter' | 'histogram' | 'gauge';
  readonly unit: string;
  readonly description: string;
  readonly boundaries?: readonly number[];
}

/** In seconds, as the conventions have them for `http.client.request.duration`. */
const boundaries = [...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]];

const histogram = (description: string): Instrument => {
  return { kind: 'histogram', unit: 's', description, boundaries };
};
const counter = (unit: string, description: string): Instrument => {
  return { kind: 'counter', unit, description };
};
const gauge = (unit: string, description: string): Instrument => {
  return { kind: 'gauge', unit, description };
};

/**
 * Every metric. The first is that of the HTTP conventions, one sample an attempt; they have none for retries, budgets and
 * circuits, so those stand under a prefix of our own.
 */
export const instruments = {
  'http.client.request.duration': histogram('Duration of one attempt, to its headers'),
  'resilient_fetch.call.duration': histogram('Duration of a call with all its attempts and waits'),
  'resilient_fetch.retries': counter('{retry}', 'Retries that were scheduled, by what failed'),
  'resilient_fetch.retries.refused': counter('{retry}', 'Failures not retried, by the reason'),
  'resilient_fetch.retry.delay': histogram('Waits before retries'),
  'resilient_fetch.calls.refused': counter('{call}', 'Calls refused by the client itself'),
  'resilient_fetch.calls.held': counter('{call}', 'Requests held back in an origin’s pause'),
  'resilient_fetch.hedges': counter('{request}', 'Second copies that were sent'),
  'resilient_fetch.hedges.won': counter('{request}', 'Second copies that gave the answer'),
  'resilient_fetch.hedges.refused': counter('{request}', 'Second copies not sent, by the reason'),
  'resilient_fetch.queue.duration': histogram('Waits for a slot'),
  'resilient_fetch.timeouts': counter('{timeout}', 'Timeouts that ran out, by their kind'),
  'resilient_fetch.fallbacks': counter('{call}', 'Failures replaced by a fallback'),
  'resilient_fetch.circuit.transitions': counter('{transition}', 'Circuits that changed state'),
  'resilient_fetch.circuit.state': gauge('1', '1 for the state a circuit is in, 0 for the others'),
  'resilient_fetch.retry_budget.tokens': gauge('{token}', 'Tokens left for retries and copies'),
  'resilient_fetch.calls.in_flight': gauge('{call}', 'Calls under way'),
  'resilient_fetch.concurrency.in_use': gauge('{slot}', 'Slots that are taken'),
  'resilient_fetch.concurrency.limit': gauge('{slot}', 'Slots that there are'),
  'resilient_fetch.queue.length': gauge('{call}', 'Calls that wait for a slot'),
} satisfies Record<string, Instrument>;

export type InstrumentName = keyof typeof instruments;
