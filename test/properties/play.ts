import fc from 'fast-check';
import {
  type Client,
  type ClientOptions,
  createClient,
  type EventName,
  explain,
} from 'resilient-fetch';
import { vi } from 'vitest';
import { pass } from '../support/clock.ts';
import { optionsOf, type Scenario, scenarios } from '../support/scenarios.ts';
import { networkError } from '../support/script.ts';

/** A scenario with more of the policy in it, and with an operator who changes it meanwhile. */
export interface Play {
  readonly scenario: Scenario;
  readonly backoff: {
    readonly type: 'exponential' | 'linear' | 'constant';
    readonly base: number;
    readonly factor: number;
    readonly cap: number;
    readonly jitter: 'full' | 'equal' | 'decorrelated' | 'none';
  };
  readonly breaker: {
    readonly consecutiveFailures: number;
    readonly openFor: number;
    readonly probes: number;
    readonly successThreshold: number;
  };
  readonly changes: readonly (readonly [at: number, what: Change])[];
  readonly closeAt: number;
}

type Change = 'open' | 'close' | 'isolate' | 'fewer' | 'others';

export const plays: fc.Arbitrary<Play> = fc.record({
  scenario: scenarios,
  backoff: fc.record({
    type: fc.constantFrom('exponential', 'linear', 'constant'),
    base: fc.constantFrom(0, 15, 90),
    factor: fc.constantFrom(1, 2, 3),
    cap: fc.constantFrom(90, 200, 1_000),
    jitter: fc.constantFrom('full', 'equal', 'decorrelated', 'none'),
  }),
  breaker: fc.record({
    consecutiveFailures: fc.constantFrom(1, 2, 4),
    openFor: fc.constantFrom(40, 100),
    probes: fc.integer({ min: 1, max: 3 }),
    successThreshold: fc.integer({ min: 1, max: 3 }),
  }),
  changes: fc.array(
    fc.tuple(
      fc.nat({ max: 600 }),
      fc.constantFrom<Change>('open', 'close', 'isolate', 'close', 'fewer', 'others'),
    ),
    { maxLength: 3 },
  ),
  closeAt: fc.constantFrom(150, 2_000, 2_000),
});

/** Something that was told, with its place in the order of all that happened. */
export interface Told {
  readonly order: number;
  readonly at: number;
  readonly name: EventName;
  readonly event: Record<string, unknown> & { readonly origin: string };
}

/** One request as the transport saw it. */
export interface Sent {
  readonly order: number;
  readonly at: number;
  readonly origin: string;
  readonly call: number;
  /** What came of it, and when: a status, an error's code, or the reason for which it was given up. */
  ended?: { readonly at: number; readonly what: unknown; readonly retryAfter: number };
}

/** How one call ended, in words that can be compared. */
export interface Ended {
  readonly what: string;
  readonly at: number;
  /** What `explain` says. */
  readonly log: string;
}

/** All that happened in a play, and what is left after it. */
export interface Journal {
  readonly play: Play;
  readonly told: readonly Told[];
  readonly sent: readonly Sent[];
  readonly ended: readonly Ended[];
  readonly client: Client;
  readonly signals: readonly AbortSignal[];
  readonly unhandled: readonly unknown[];
}

/** What a client tells. */
export const eventNames: readonly EventName[] = [
  ...(['call.started', 'call.ended', 'call.held', 'call.refused'] as const),
  ...(['attempt.started', 'attempt.ended', 'retry.scheduled', 'retry.refused'] as const),
  ...(['slot.queued', 'slot.taken', 'hedge.sent', 'hedge.won', 'hedge.refused'] as const),
  ...(['circuit.opened', 'circuit.halfOpened', 'circuit.closed', 'circuit.isolated'] as const),
  ...(['timeout.expired', 'fallback.used', 'circuit.wouldRefuse', 'circuit.forgotten'] as const),
];

/** The options of the client in a play. */
function optionsIn({ scenario, backoff, breaker }: Play) {
  const { retry, ...options } = optionsOf(scenario);
  const given = typeof retry === 'object' ? retry : {};
  return {
    ...options,
    retry: { ...given, backoff },
    ...(scenario.circuit === 'quick' && { circuitBreaker: breaker }),
  } satisfies ClientOptions;
}

/** What an operator does. */
function change(client: Client, what: Change, play: Play): void {
  const { retry } = optionsIn(play);
  if (what === 'fewer') client.reconfigure({ concurrency: { max: 1, queue: 1 }, hedge: false });
  else if (what === 'others') client.reconfigure({ retry: { ...retry, maxRetries: 1 } });
  else if (play.scenario.circuit !== 'off') client.circuit('https://a.test')[what]();
}

/**
 * Plays it on a clock of its own, to the end and past it.
 *
 * @param listen hears the client before anything is told of it.
 */
export async function perform(play: Play, listen?: (client: Client) => void): Promise<Journal> {
  const { scenario } = play;
  const begun = performance.now();
  let order = 0;
  const told: Told[] = [];
  const sent: Sent[] = [];
  const unhandled: unknown[] = [];
  const hear = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', hear);
  using _ = { [Symbol.dispose]: () => process.off('unhandledRejection', hear) };

  const fetch = (input: string | URL | Request, init: RequestInit = {}) =>
    new Promise<Response>((resolve, reject) => {
      const { origin, pathname } = new URL(input instanceof Request ? input.url : String(input));
      const answer = scenario.answers[sent.length % scenario.answers.length];
      const { what = 200, latency = 0, retryAfter = 0 } = answer ?? {};
      const call = Number(pathname.split('/').at(-1));
      const one: Sent = { order: ++order, at: performance.now() - begun, origin, call };
      sent.push(one);
      const headers = { 'content-length': '0', 'retry-after-ms': String(retryAfter || '') };
      const end = () => {
        const asked = typeof what === 'number' ? retryAfter : 0;
        one.ended = { at: performance.now() - begun, what, retryAfter: asked };
        // with a body, the caller's signal is heard for as long as somebody may read it
        if (typeof what === 'number') resolve(new Response(null, { status: what, headers }));
        else reject(networkError(what));
      };
      const timer = what === 'hang' ? undefined : setTimeout(end, latency);
      init.signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        one.ended ??= { at: performance.now() - begun, what: init.signal?.reason, retryAfter: 0 };
        reject(init.signal?.reason);
      });
    });

  const client = createClient({ ...optionsIn(play), fetch });
  listen?.(client);
  for (const name of eventNames) {
    client.on(name, (event) => {
      told.push({ order: ++order, at: performance.now() - begun, name, event: { ...event } });
    });
  }

  let closing: Promise<void> | undefined;
  const timers: ReturnType<typeof setTimeout>[] = [];
  const after = (milliseconds: number, then: () => void) => {
    timers.push(setTimeout(then, milliseconds));
  };
  for (const [at, what] of play.changes) after(at, () => closing ?? change(client, what, play));
  const signals: AbortSignal[] = [];
  const calls = scenario.calls.map(
    ({ start, method, abortAfter }, index) =>
      new Promise<Ended>((resolve) => {
        after(start, () => {
          const controller = new AbortController();
          signals.push(controller.signal);
          if (abortAfter !== undefined) after(abortAfter, () => controller.abort(gone));
          const end = (outcome: unknown) =>
            resolve({
              what: outcome instanceof Response ? String(outcome.status) : String(outcome),
              at: performance.now() - begun,
              log: JSON.stringify({ ...explain(outcome), id: undefined }),
            });
          const body = method === 'GET' ? null : 'order';
          client(`calls/${index}`, { method, body, signal: controller.signal }).then(end, end);
        });
      }),
  );
  after(play.closeAt, () => {
    closing = client.close();
  });
  await vi.advanceTimersByTimeAsync(2_001);
  const ended = await Promise.all(calls);
  await closing;
  await pass(0);
  return { play, told, sent, ended, client, signals, unhandled };
}

/** Why callers give up. */
export const gone = new Error('the caller is gone');
