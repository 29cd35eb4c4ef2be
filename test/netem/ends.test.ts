import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { outages } from './fault.ts';
import { isMissing } from './means.ts';

const owner = join(import.meta.dirname, 'owner-child.ts');

describe('a run that is killed', () => {
  it.skipIf(outages.slice(0, 1).some(isMissing))('leaves none of its 2 networks', async () => {
    const running = spawn(process.execPath, [owner], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = await once(running.stdout, 'data');
    const pids = String(line).trim().split(' ');
    const networks = () => pids.filter((pid) => existsSync(`/proc/${pid}/ns/net`));
    expect(networks()).toEqual(pids);
    running.kill('SIGKILL');
    await expect.poll(networks, { timeout: 10_000 }).toEqual([]);
  });
});
