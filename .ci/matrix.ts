import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Runs the suite on every Node that the package supports. They come from the registry, into a folder that is gone
 * afterwards; the tests start vitest with the Node that is asked for, and so do the processes that they start.
 */
const versions = ['22.19.0', '22', '24', '26'];
const vitest = join(import.meta.dirname, '../node_modules/vitest/vitest.mjs');
const results: string[] = [];

for (const version of versions) {
  const folder = mkdtempSync(join(tmpdir(), 'resilient-fetch-node-'));
  try {
    const manifest = { name: 'node-of-the-matrix', private: true, allowScripts: { node: true } };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    run('npm', ['install', '--no-audit', '--no-fund', `node@${version}`], folder);
    const node = join(folder, 'node_modules/.bin/node');
    console.log(`\nNode ${version}`);
    results.push(
      `${run(node, [vitest, 'run', '--reporter=dot']) ? 'passed' : 'FAILED'} on ${version}`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

console.log(`\n${results.join('\n')}`);
process.exitCode = results.every((result) => result.startsWith('passed')) ? 0 : 1;

function run(command: string, commandArguments: string[], cwd?: string): boolean {
  return spawnSync(command, commandArguments, { cwd, stdio: 'inherit' }).status === 0;
}
