import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it.each([
  ['that is put in place after the library is loaded: 8 of 8 tests', 'node-test.ts', 8],
  ['that was there before the library: 2 of 2 tests', 'node-test-before.ts', 2],
])(
  'works under a clock of node:test %s',
  async (_, name, passes) => {
    const file = join(import.meta.dirname, 'child', name);
    const child = spawn(process.execPath, ['--test-reporter=tap', '--test', file], {
      env: { ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: '' },
    });
    let said = '';
    child.stdout.on('data', (chunk) => (said += chunk));
    child.stderr.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    expect(said).toContain(`\n# pass ${passes}\n`);
    expect(said).toContain('\n# fail 0\n');
    expect(code).toBe(0);
  },
  30_000,
);
