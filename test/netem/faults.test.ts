import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { figuresOf, type Verdict, verdictOn } from '../support/verdict.ts';
import type { Job, Report } from './client-child.ts';
import { type Fault, outages, troubles } from './fault.ts';
import { isMissing } from './means.ts';
import { Pair } from './pair.ts';

/** Nothing but the table of what may be retried, and 8 s, keeps a call from being retried. */
const persistent = {
  pool: true,
  timeout: { total: 8_000, attempt: 1_000 },
  retry: { maxRetries: 40, backoff: { base: 50, cap: 400, jitter: 'equal' } },
  retryBudget: false,
  circuitBreaker: false,
} as const;
const asTheyCome = { pool: true, timeout: { total: 2_000, attempt: 1_000 } } as const;
/** All that was wrong with what a run did. */
const nothing = { savable: [], heldBack: [], broken: [], duplicated: [] };

describe.concurrent('while for 3 s', () => {
  for (const fault of outages) {
    const skipped = isMissing(fault);

    it.skipIf(skipped)(
      `${fault.name}, of 200 calls none fails that may be repeated, or hangs`,
      async () => {
        await using pair = await Pair.open();
        const report = await through(fault, pair, { options: persistent, calls: 200, every: 25 });
        const verdict = await judge(fault, pair, report);
        expect(verdict).toMatchObject({ calls: 200, ...nothing });
        expect(verdict.saved).toBeGreaterThanOrEqual(50);
        expectInTime(report, persistent.timeout);
        // the rest of an attempt, one more, and the waits around it
        const longest = Math.max(...report.sent.map(({ duration }) => duration));
        expect(longest).toBeLessThanOrEqual(3_000 + 2_000 + patienceWith(report));
      },
    );

    it.skipIf(skipped)(
      `${fault.name}, each of 100 calls as they come ends by its 2,000 ms and 50`,
      async () => {
        await using pair = await Pair.open();
        const report = await through(fault, pair, { options: asTheyCome, calls: 100, every: 50 });
        expect((await judge(fault, pair, report)).duplicated).toEqual([]);
        expectInTime(report, asTheyCome.timeout);
      },
    );
  }
});

describe.concurrent('while all the time', () => {
  for (const fault of troubles) {
    it.skipIf(isMissing(fault))(
      `${fault.name}, of 200 calls none fails that may be repeated, or hangs`,
      async () => {
        await using pair = await Pair.open();
        fault.begin(pair.link);
        const running = await pair.begin({ options: persistent, calls: 200, every: 15 });
        const report = await running.report;
        expect(await judge(fault, pair, report)).toMatchObject({ calls: 200, ...nothing });
        expectInTime(report, persistent.timeout);
      },
    );
  }
});

/** Has calls made, of which the first find all in order, the next a fault, and the last all in order again. */
async function through(fault: Fault, pair: Pair, job: Omit<Job, 'url'>): Promise<Report> {
  const running = await pair.begin(job);
  await wait(1_000);
  fault.begin(pair.link);
  await wait(3_000);
  fault.end(pair.link);
  return running.report;
}

async function judge({ name }: Fault, { upstream }: Pair, report: Report): Promise<Verdict> {
  const { sent, late, sockets } = report;
  // what was sent has come to the server, and was counted
  await wait(50);
  await upstream.kill();
  const verdict = verdictOn(sent, upstream.arrivals);
  console.log(`${name}: ${figuresOf(sent, verdict)}; late by ${Math.round(late)} ms`);
  expect(sockets).toBe(0);
  return verdict;
}

/** 50 ms, and what the process was late: at the worst when it began to measure and when it ended. */
function patienceWith({ late }: Report): number {
  return 50 + 2 * late;
}

/** Whether attempts and calls end when their time is over, and those that ran out of it not before. */
function expectInTime(report: Report, timeout: { total: number; attempt: number }): void {
  const patience = patienceWith(report);
  for (const { id, duration, attempts } of report.sent) {
    expect(duration, id).toBeLessThanOrEqual(timeout.total + patience);
    for (const { at, outcome, duration } of attempts) {
      const given = Math.min(timeout.attempt, timeout.total - at);
      expect(duration, id).toBeLessThanOrEqual(given + patience);
      if (outcome === 'ERR_RESILIENCE_TIMEOUT')
        expect(duration, id).toBeGreaterThanOrEqual(given - patience);
    }
  }
}
