import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Figures } from './figures.ts';
import { policies } from './policies.ts';
import { type Size, scenarios } from './scenarios.ts';
import type { Job } from './worker.ts';

/** Every policy in every scenario, in the order of both. One thread a core, as each run is one by itself. */
export async function compare(size: Size): Promise<Figures[]> {
  const jobs = scenarios.flatMap(({ name: scenario }) =>
    policies.map(({ name: policy }): Job => ({ policy, scenario, size })),
  );
  const figures: Figures[] = [];
  const waiting = jobs.map((job, index) => ({ job, index }));
  const work = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      figures[next.index] = await run(worker, next.job);
    }
    await worker.terminate();
  };
  const threads = Math.min(8, availableParallelism());
  await Promise.all(Array.from({ length: threads }, work));
  return figures;
}

function run(worker: Worker, job: Job): Promise<Figures> {
  return new Promise((resolve, reject) => {
    worker.removeAllListeners();
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.postMessage(job);
  });
}
