import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileJournal, type JournalEntry, type Resumed, resume } from '../../src/saga.ts';
import { orderSaga, orderSteps } from './order-saga.ts';
import { type Effect, OrderServer } from './order-server.ts';
import { seeded } from './seeded.ts';

/** What became of one order whose process was killed. */
export interface CrashRun {
  readonly order: string;
  readonly killed: boolean;
  /** What the journal said last when the process was gone: `step.begun charge`. */
  readonly last: string;
  readonly outcome: Resumed['outcome'] | 'ended before' | 'never begun';
  /** What is wrong with what the server has: nothing, if all of it is done or all undone, and each once. */
  readonly faults: readonly string[];
}

const child = join(import.meta.dirname, 'order-child.ts');

/** So many orders, each in a process that is killed at a moment that its seed decides, and then taken up again. */
export async function crashRuns(
  count: number,
  seed: number,
  parallel: number,
): Promise<CrashRun[]> {
  const folder = mkdtempSync(join(tmpdir(), 'resilient-fetch-saga-'));
  const server = new OrderServer(seeded(seed));
  const baseUrl = await server.listen();
  const requests = new Map<string, () => void>();
  server.onRequest = (order) => requests.get(order)?.();
  const runs: Omit<CrashRun, 'faults'>[] = [];
  let next = 0;
  try {
    await Promise.all(
      Array.from({ length: parallel }, async () => {
        while (next < count) {
          const number = next++;
          runs.push(await crashRun(number, seeded(seed + number)));
        }
      }),
    );
    await server.quiet();
    return runs.map((run) => ({ ...run, faults: faultsOf(run, server.effectsOf(run.order)) }));
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }

  /** Starts a process and kills it at a request that chance picks, or some milliseconds later; or before any. */
  async function killedChild(given: readonly string[], order: string, random: () => number) {
    let left = Math.floor(random() * (order.endsWith('accepted') ? 6 : 10));
    const wait = random() * 8;
    const started = spawn(process.execPath, [child, ...given], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // three quarters of a process's time would go into reading TypeScript
      env: { ...process.env, NODE_COMPILE_CACHE: join(folder, 'cache') },
    });
    const closed = once(started, 'close');
    const kill = () => setTimeout(() => started.kill('SIGKILL'), wait);
    await Promise.race([once(started.stdout, 'data'), closed]);
    if (left === 0) kill();
    requests.set(order, () => {
      if (--left === 0) kill();
    });
    const [, signal] = await closed;
    requests.delete(order);
    return signal === 'SIGKILL';
  }

  async function crashRun(number: number, random: () => number) {
    const order = `${number}-${random() < 0.5 ? 'accepted' : 'declined'}`;
    const path = join(folder, `${order}.journal`);
    let killed = await killedChild([path, baseUrl, order], order, random);
    if (number % 4 === 0) {
      killed = (await killedChild([path, baseUrl, order, 'resume'], order, random)) || killed;
    }
    const journal = await fileJournal(path);
    try {
      const unfinished = random() < 0.5 ? 'finish' : 'undo';
      const last = lastOf(await journal.read());
      const sagas = { order: orderSaga(baseUrl) };
      const [resumed] = await resume(journal, sagas, { unfinished });
      const outcome = resumed?.outcome ?? (last ? 'ended before' : 'never begun');
      return { order, killed, last, outcome } as const;
    } finally {
      await journal.close();
    }
  }
}

function lastOf(entries: readonly JournalEntry[]): string {
  const last = entries.at(-1);
  if (!last) return '';
  return 'step' in last ? `${last.type} ${last.step}` : last.type;
}

function faultsOf(
  { order, outcome }: Omit<CrashRun, 'faults'>,
  effects: ReadonlyMap<string, Effect>,
): string[] {
  const all = [...effects];
  const standing = all.filter(([, { undone }]) => undone === 0).length;
  const accepted = order.endsWith('accepted');
  const isDone = outcome === 'done' || (outcome === 'ended before' && accepted);
  const expected = isDone ? orderSteps.length : 0;
  const faults = standing === expected ? [] : [`${standing} effects stand after ${outcome}`];
  for (const step of orderSteps) {
    const times = all.filter(([name]) => name.startsWith(`${step}#`)).length;
    if (times > 1) faults.push(`${step} took effect ${times} times`);
  }
  for (const [name, { undone }] of all) {
    if (undone > 1) faults.push(`${name} was undone ${undone} times`);
  }
  if (outcome === 'stuck' || outcome === 'open') faults.push(outcome);
  return faults;
}
