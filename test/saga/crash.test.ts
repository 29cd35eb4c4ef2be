import { expect, test } from 'vitest';
import { type CrashRun, crashRuns } from '../support/crash-runs.ts';

// npm run test:saga has 200
const count = Number(process.env.SAGA_RUNS ?? 20);

test(`${count} orders whose process is killed at any moment are done or undone: 0 twice, 0 lost`, async () => {
  const runs = await crashRuns(count, 4711, 4);
  const faulty = runs.filter(({ faults }) => faults.length > 0);
  expect(faulty).toEqual([]);
  expect(runs).toHaveLength(count);
  // else it was not a crash that was tried
  const crashed = runs.filter(({ killed, outcome }) => killed && outcome !== 'ended before');
  expect(crashed.length).toBeGreaterThan(count / 2);
  if (process.env.SAGA_RUNS) console.log(table(runs));
}, 120_000);

/** Where the processes were killed, and what became of the orders. */
function table(runs: readonly CrashRun[]): string {
  const counts = new Map<string, number>();
  for (const { last, outcome } of runs) {
    const line = `${outcome.padEnd(12)} ${last}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts.keys()]
    .toSorted()
    .map((line) => `${String(counts.get(line)).padStart(4)}  ${line}`)
    .join('\n');
}
