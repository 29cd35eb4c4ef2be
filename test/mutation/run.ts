import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { seeded, seedFor } from '../../src/testing/seeded.ts';

/**
 * Changes the code that decides, one small change after another, and asks whether a test sees it.
 *
 * All of it takes longer than a change should wait, so unless `MUTATION=all` a sample is taken: of each file the mutants on
 * one line in five, the same ones every time, or others by `MUTATION_SEED`. A mutant of several lines, which nearly
 * always removes a whole function and is seen by everybody, is not in the sample.
 */
const root = join(import.meta.dirname, '../..');
const report = join(import.meta.dirname, 'report.json');
const stryker = join(import.meta.dirname, 'node_modules/@stryker-mutator/core/bin/stryker.js');

const all = process.env.MUTATION === 'all';
const seed = Number(process.env.MUTATION_SEED ?? 2026);
const share = 0.2;

/** What must be seen of all, and of those in each file, in percent. */
const least = { total: 85, file: 75 };

interface Report {
  readonly files: Record<string, { readonly mutants: readonly Mutant[] }>;
}

interface Mutant {
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
}

/** The lines of a file that were drawn, each as the range that Stryker takes. */
function sampleOf(file: string): string[] {
  const random = seeded(seedFor(seed, file));
  const lines = readFileSync(join(root, file), 'utf8').split('\n');
  const drawn = lines.map((_, index) => index + 1).filter(() => random() < share);
  return drawn.map((line) => `${file}:${line}-${line}`);
}

function mutate(): Report | undefined {
  const files = globSync('src/{decisions,strategies}/*.ts', { cwd: root }).toSorted();
  const ranges = all ? files : files.flatMap(sampleOf);
  rmSync(report, { force: true });
  const config = join(import.meta.dirname, 'stryker.config.json');
  const given = [stryker, 'run', config, '--mutate', ranges.join(',')];
  const { status } = spawnSync(process.execPath, given, { cwd: root, stdio: 'inherit' });
  return status === 0 ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
}

function count(mutants: readonly Mutant[]) {
  const of = (...wanted: string[]) => mutants.filter(({ status }) => wanted.includes(status));
  const seen = of('Killed', 'Timeout').length;
  const missed = of('Survived', 'NoCoverage');
  const made = seen + missed.length;
  return { made, seen, missed, score: made === 0 ? 100 : (100 * seen) / made };
}

/**
 * Few mutants are a poor measure, the more so as those of a line are alike: in a sample, a file may miss as many more as two
 * standard deviations of chance are. All of them together may not.
 */
function holds({ made, missed }: ReturnType<typeof count>): boolean {
  const share = 1 - least.file / 100;
  const chance = all ? 0 : 2 * Math.sqrt(made * share * (1 - share));
  return missed.length <= made * share + chance;
}

function row(name: string, made: number | string, seen: number | string, score: string): void {
  console.log(
    `${name.padEnd(36)}${[made, seen, score].map((one) => String(one).padStart(9)).join('')}`,
  );
}

const result = mutate();
if (!result) {
  console.log('\n0 passed, 1 failed');
  process.exit(1);
}
const counted = Object.entries(result.files)
  .map(([file, { mutants }]) => ({ file, ...count(mutants) }))
  .filter(({ made }) => made > 0)
  .toSorted((one, other) => one.file.localeCompare(other.file));
const total = count(Object.values(result.files).flatMap(({ mutants }) => mutants));
const failed = counted.filter((one) => !holds(one));

console.log(
  all ? '\nEvery mutant' : `\nThe mutants on ${100 * share} % of the lines, MUTATION_SEED=${seed}`,
);
row('', 'mutants', 'seen', 'score');
for (const { file, made, seen, score } of counted) row(file, made, seen, `${score.toFixed(1)} %`);
row('all', total.made, total.seen, `${total.score.toFixed(1)} %`);
for (const { file, missed } of total.score < least.total ? counted : failed) {
  for (const { location, mutatorName, replacement } of missed) {
    const { line, column } = location.start;
    console.log(`not seen: ${file}:${line}:${column} ${mutatorName}: ${replacement}`);
  }
}
const short = total.score < least.total ? 1 : 0;
if (short) console.log(`all together are below ${least.total} %`);
console.log(`\n${counted.length - failed.length} passed, ${failed.length + short} failed`);
process.exitCode = failed.length + short > 0 ? 1 : 0;
