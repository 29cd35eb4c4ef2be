import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const compiler = join(root, 'node_modules', '.bin', 'tsc');

/** Compiles a folder of this one; what the compiler says is wrong, a line each. */
function faults(folder: string, ...options: string[]): Promise<string[]> {
  const given = [compiler, '--noEmit', '-p', join(import.meta.dirname, folder), ...options];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, given, { cwd: root }, (error, out) => {
      if (error && typeof error.code !== 'number') reject(error);
      else resolve(out.split('\n').filter((line) => line.includes(': error ')));
    });
  });
}

describe('the types of all SDKs', { timeout: 120_000 }, () => {
  const node = 'es2024,esnext.disposable';
  const browser = `${node},dom,dom.iterable,dom.asynciterable`;

  test.each([
    ['Node', node],
    ['Node and a browser', browser],
  ])('take our fetch with 0 casts, beside those of %s', async (_, lib) => {
    expect(await faults('.', '--lib', lib)).toEqual([]);
  });

  test('take it with 0 casts where undefined is not the same as absent, either', async () => {
    expect(await faults('accepted', '--lib', node)).toEqual([]);
  });

  test('refuse it in 1 place where a browser’s are there as well, as they do the platform’s own', async () => {
    const found = await faults('accepted', '--lib', browser);
    expect(found).toEqual([expect.stringContaining("not assignable to type 'SupportedFetch'")]);
  });
});
