import './timers.ts';
import { parseArgs } from 'node:util';
import { type Gauges, read } from './gauges.ts';
import { run } from './load.ts';
import { verdict } from './verdict.ts';
import { openWorld } from './world.ts';

// A soak: everything at once, for so long that whatever is forgotten adds up. Time is real and a hundred times as dense as
// in life: a call has 300 ms and not 30 s, a circuit opens for 20 ms and not for 5 s. What chance decides goes by the seed,
// but for the order of what happens side by side, and so for what comes of it.

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    calls: { type: 'string' },
    /** Keeps so many bytes a call, to see the check of the heap fail. */
    leak: { type: 'string', default: '0' },
  },
});
const calls = Number(values.calls ?? (values.short ? 60_000 : 1_000_000));
const parts = values.short ? 10 : 20;
// what the process learns of its own code counts as well, and most of that at the beginning: in the short form an object
// that is kept for each call is seen, and in the long one a single number
const tolerance = values.short ? 100 : 4;

const loose: string[] = [];
for (const name of ['unhandledRejection', 'uncaughtException', 'warning'] as const) {
  process.on(name, (error: unknown) => {
    loose.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
  });
}

const start = performance.now();
const world = openWorld(Number(values.seed), Number(values.leak));
const marks: Gauges[] = [await read(0, world.signal)];
world.stalls.begin();
for (let part = 1; part <= parts; part++) {
  await world.during(() => run(calls / parts, world));
  const mark = await read(world.tally.ended, world.signal, marks[0]);
  marks.push(mark);
  const seconds = ((performance.now() - start) / 1_000).toFixed(0);
  const { heap, timers, sockets, listeners } = mark;
  console.log(
    `${String(mark.calls).padStart(8)} calls ${seconds.padStart(5)} s  heap ${(heap / 2 ** 20).toFixed(2)} MB  timers ${timers}  sockets ${sockets}  listeners ${listeners}`,
  );
}
world.stalls.end();

console.log(
  `\n${[...world.tally.counts]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([what, times]) => `${what} ${times}`)
    .join(', ')}\n`,
);
const checks = verdict(world, { calls, marks, loose, tolerance });
await world.close();
for (const { holds, text } of checks) console.log(`${holds ? 'passed' : 'FAILED'}  ${text}`);
const failed = checks.filter(({ holds }) => !holds).length;
console.log(`\n${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
