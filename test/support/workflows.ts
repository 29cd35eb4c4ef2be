import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Job {
  readonly uses?: string;
  readonly steps?: readonly Step[];
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  readonly strategy?: { readonly matrix: { readonly node: readonly string[] } };
}

/** A workflow, as far as its rules go. */
export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(root, '.github/workflows');

/** The text of each workflow, by the name of its file. */
export const workflowTexts = new Map(
  readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')] as const),
);

export function workflowOf(text: string): Workflow {
  return parse(text) as Workflow;
}

/** Where a workflow breaks a rule: names what is not there, may do more than it needs, or takes in what can be changed. */
export function faultsOf(text: string): string[] {
  const { permissions, jobs } = workflowOf(text);
  const faults: string[] = [];
  const writes = Object.values(permissions ?? { all: 'write' }).includes('write');
  if (writes) faults.push('permissions: every job may write');
  for (const [name, job] of Object.entries(jobs)) {
    const { uses, steps = [], needs = [] } = job;
    if (!uses && !job['timeout-minutes']) faults.push(`${name}: may run for hours`);
    if (uses && !existsSync(join(root, uses))) faults.push(`${name}: there is no ${uses}`);
    for (const need of [needs].flat()) if (!(need in jobs)) faults.push(`${name}: needs ${need}`);
    for (const step of steps) faults.push(...stepFaults(step).map((fault) => `${name}: ${fault}`));
    const signs = job.permissions?.['id-token'] === 'write';
    const alone = steps.every(({ run = '' }) => !/npm (ci|install|run)|node /.test(run));
    if (signs && !alone) faults.push(`${name}: runs foreign code where it may sign`);
  }
  for (const [, action, rest] of text.matchAll(/uses: ([^.\s]\S*)(.*)$/gm)) {
    const pinned = /@[\da-f]{40}$/.test(action ?? '') && /^ # v\d+\.\d+\.\d+$/.test(rest ?? '');
    if (!pinned) faults.push(`${action}: not pinned to a commit, with its version beside it`);
  }
  return faults;
}

function stepFaults({ run = '' }: Step): string[] {
  const named = [...run.matchAll(/npm (?:run )?(test|(?<=run )[\w:-]+)/g)].map(([, name]) => name);
  const files = [...run.matchAll(/(?:^|node )(\.?[\w/.-]+\.(?:ts|mjs)|\.ci\/\w+)/gm)];
  return [
    ...named.filter((name) => !scripts[name ?? '']).map((name) => `there is no script ${name}`),
    ...files
      .map(([, file = '']) => file)
      .filter((file) => !existsSync(join(root, file)))
      .map((file) => `there is no ${file}`),
    ...(/\$\{\{/.test(run) ? ['a command has an expression in it, which anybody may fill'] : []),
  ];
}
