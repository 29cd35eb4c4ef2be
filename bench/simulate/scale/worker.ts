import { parentPort } from 'node:worker_threads';
import { figuresOf } from './figures.ts';
import { policies } from './policies.ts';
import { live } from './run.ts';
import { type Size, scenarios } from './scenarios.ts';

/** One fleet's life, by the names of what it is to live through. */
export interface Job {
  readonly policy: string;
  readonly scenario: string;
  readonly size: Size;
}

parentPort?.on('message', (job: Job) => {
  const policy = policies.find(({ name }) => name === job.policy);
  const scenario = scenarios.find(({ name }) => name === job.scenario);
  if (!policy || !scenario) throw new Error(`no such job: ${job.policy}, ${job.scenario}`);
  parentPort?.postMessage(figuresOf(policy.name, scenario, live(policy, scenario, job.size, 1)));
});
