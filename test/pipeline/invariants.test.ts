import fc from 'fast-check';
import { type AttemptLog, type CallLog, createClient, explain } from 'resilient-fetch';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { useFakeClock } from '../support/clock.ts';
import { lineOf, optionsOf, type Scenario, scenarios } from '../support/scenarios.ts';
import { type Script, script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** One call as it went. */
interface Went {
  readonly log: CallLog;
  readonly begun: number;
  readonly ended: number;
  readonly abortedAt: number | undefined;
  readonly outcome: unknown;
  readonly reason: Error;
}

/** A retry or a second copy that left: when it was decided on, which is when it is paid, if it is. */
interface Extra {
  readonly decided: number;
  readonly isPaid: boolean;
  readonly isHedge: boolean;
}

async function play(scenario: Scenario) {
  const fetch: Script = script(...Array(20).fill(scenario.answers.map(lineOf)).flat());
  const client = createClient({ ...optionsOf(scenario), fetch });
  const scheduled = new Map<string, Extra>();
  const extras: Extra[] = [];
  client.on('retry.scheduled', ({ id, attempt, source }) => {
    const isPaid = source !== 'failover';
    scheduled.set(`${id} ${attempt + 1}`, { decided: performance.now(), isPaid, isHedge: false });
  });
  client.on('attempt.started', ({ id, attempt, hedge }) => {
    const retry = scheduled.get(`${id} ${attempt}`);
    if (hedge) extras.push({ decided: performance.now(), isPaid: true, isHedge: true });
    else if (retry) extras.push(retry);
  });
  const calls = scenario.calls.map(async ({ start, method, abortAfter }, index): Promise<Went> => {
    await new Promise((resolve) => setTimeout(resolve, start));
    const controller = new AbortController();
    const reason = new Error('the caller is gone');
    const begun = performance.now();
    let abortedAt: number | undefined;
    const abort = () => {
      abortedAt = performance.now();
      controller.abort(reason);
    };
    const timer = abortAfter === undefined ? undefined : setTimeout(abort, abortAfter);
    const outcome = await client(`calls/${index}`, { method, signal: controller.signal }).catch(
      (error: unknown) => error,
    );
    clearTimeout(timer);
    const log = explain(outcome);
    if (!log) throw new Error(`a call ended without a log: ${outcome}`);
    return { log, begun, ended: performance.now(), abortedAt, outcome, reason };
  });
  await vi.advanceTimersByTimeAsync(400 + scenario.total + 1);
  const went = await Promise.all(calls);
  return { client, fetch, went, extras };
}

/** Attempts that count as tries of their own. A second copy of one has the number of the first. */
const triesOf = ({ attempts }: CallLog) => new Set(attempts.map(({ attempt }) => attempt)).size;

/** Whether the answer of a call is worth a deposit. */
const isGood = ({ outcome }: Went) => {
  return outcome instanceof Response && outcome.status < 500 && outcome.status !== 429;
};

/** Whether a retry gave the answer, which may have its token back. */
const isRetried = ({ log }: Went) => triesOf(log) > 1;

/** Whether an attempt ended by itself, and so says something of its origin. */
const isSample = ({ attempt, hedge, outcome, error }: AttemptLog) => {
  const { timeout, message } = (error ?? {}) as { timeout?: string; message?: string };
  if (message === 'the caller is gone' || outcome === 'superseded') return false;
  return timeout !== 'total' || (attempt === 1 && !hedge);
};

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

it('holds in 600 scenarios of up to 16 calls, 3 places, and servers that do as they like', async () => {
  let requests = 0;
  let retried = 0;
  let hedged = 0;
  let aborted = 0;
  await fc.assert(
    fc.asyncProperty(scenarios, async (scenario) => {
      const { maxRetries, total, capacity, deposit } = scenario;
      const { client, fetch, went, extras } = await play(scenario);
      const paid = extras.filter(({ isPaid }) => isPaid);
      const { inFlight, origins } = client.health();
      const states = Object.values(origins);

      for (const { log, begun, ended, abortedAt, outcome, reason } of went) {
        expect(log.stopped).not.toBe('pending');
        expect(triesOf(log)).toBeLessThanOrEqual(1 + maxRetries);
        expect(ended).toBeLessThanOrEqual(begun + total);
        if (abortedAt === undefined) continue;
        aborted++;
        expect(outcome).toBe(reason);
        expect(ended).toBe(abortedAt);
      }

      for (const { at, input } of fetch.requests) {
        const { begun, ended } = went[Number(String(input).split('/').at(-1))] ?? raise(input);
        expect(at).toBeGreaterThanOrEqual(begun);
        expect(at).toBeLessThanOrEqual(ended);
        expect(at).toBeLessThan(begun + total);
      }
      expect(fetch.requests).toHaveLength(sum(went.map(({ log }) => log.attempts.length)));
      expect(fetch.requests).toHaveLength(
        extras.length + went.filter(({ log }) => log.attempts.length > 0).length,
      );

      expect(inFlight).toBe(0);
      expect(sum(states.map((state) => state.inFlight))).toBe(0);
      const slots = states.map(({ concurrency }) => concurrency ?? { inUse: 0, queued: 0 });
      expect(sum(slots.map(({ inUse, queued }) => inUse + queued))).toBe(0);

      const purse = capacity * scenario.places;
      for (const from of paid) {
        for (const to of paid) {
          const within = (at: number) => at >= from.decided && at <= to.decided;
          const good = went.filter((call) => isGood(call) && within(call.ended));
          const funded = good.length * deposit + good.filter(isRetried).length;
          const spent = paid.filter(({ decided }) => within(decided)).length;
          expect(spent).toBeLessThanOrEqual(purse + funded + 1e-9);
        }
      }
      const left = sum(states.map(({ retryBudget }) => retryBudget ?? 0));
      const unspent = capacity * states.length - paid.length;
      const repaid = went.filter((call) => isGood(call) && isRetried(call)).length;
      expect(left).toBeGreaterThanOrEqual(unspent - 1e-9);
      if (deposit === 0) expect(left).toBeLessThanOrEqual(unspent + repaid);
      expect(left).toBeLessThanOrEqual(capacity * states.length);

      if (scenario.circuit === 'deaf') {
        const samples = went.flatMap(({ log }) => log.attempts.filter(isSample));
        expect(sum(states.map(({ attempts }) => attempts))).toBe(samples.length);
      }

      await client.close();
      expect(vi.getTimerCount()).toBe(0);
      requests += fetch.requests.length;
      retried += extras.length;
      hedged += extras.filter(({ isHedge }) => isHedge).length;
    }),
    { seed: 2026, numRuns: 600 },
  );
  // What nothing happens in proves nothing.
  expect(requests).toBeGreaterThan(200);
  expect(retried).toBeGreaterThan(50);
  expect(hedged).toBeGreaterThan(20);
  expect(aborted).toBeGreaterThan(20);
});

function raise(input: unknown): never {
  throw new Error(`a request of no call: ${input}`);
}
