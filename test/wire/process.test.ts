import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deadPort, faultServer, type Line, silence, unfinished } from '../support/fault-server.ts';

/** Runs a file in a process of its own, until it exits by itself or 5 s have passed since it had no more to do. */
async function run(file: string, ...given: string[]) {
  const path = fileURLToPath(new URL(`./child/${file}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  let doneAt = Number.NaN;
  child.stdout.on('data', (chunk) => {
    said += chunk;
    doneAt = performance.now();
    setTimeout(() => child.kill(), 5_000).unref();
  });
  // At its exit a process has written all that it wrote, but only at its close have we read it.
  const exited = new Promise<number>((resolve) =>
    child.on('exit', () => resolve(performance.now())),
  );
  const code = await new Promise((resolve) => child.on('close', resolve));
  return { said, code, lingered: (await exited) - doneAt };
}

describe('a process exits by itself with code 0 in less than 3,000 ms', () => {
  const scenes: Record<string, { title: string; lines: Line[] }> = {
    success: { title: 'after a call, though its connection is kept', lines: [200] },
    backoff: { title: 'after an abort in a backoff of 60 s', lines: [503] },
    circuit: { title: 'with a circuit that is open for 60 s', lines: [] },
    timeout: { title: 'after an attempt that timed out', lines: [silence] },
    body: { title: 'after a body that was watched for 60 s of silence', lines: [200] },
    context: { title: 'inside a deadline, and beside one that never ends', lines: [200] },
    discard: { title: 'after a retry of a response that stalls', lines: [unfinished, 200] },
    pool: { title: 'with connections of its own that were not closed', lines: [200] },
    closed: { title: 'with connections of its own that were closed', lines: [200] },
    everything: {
      title: 'after 3 calls with every part on, 1 of which nobody reads',
      lines: [200, silence, 503, 200],
    },
  };
  for (const [scene, { title, lines }] of Object.entries(scenes)) {
    it.concurrent(title, async () => {
      await using server = await faultServer(lines);
      const dead = `http://127.0.0.1:${await deadPort()}`;
      const { said, code, lingered } = await run('exits.ts', scene, server.origin, dead);
      expect(said).toBe('done\n');
      expect(code).toBe(0);
      expect(lingered).toBeLessThan(3_000);
    });
  }
});

describe('a process that imports the package', () => {
  for (const before of ['nothing', 'fetch']) {
    it.concurrent(`has the fetch and the 2 dispatchers it had, and no undici until 1 pool needs it; used before: ${before}`, async () => {
      await using server = await faultServer([200]);
      const { said } = await run('globals.ts', server.origin, before);
      const { wereSet, imported, used } = JSON.parse(said);
      expect(wereSet[0]).toBe(before === 'fetch');
      expect(imported).toEqual({
        sameFetch: true,
        sameSlots: [true, true],
        undici: false,
        opentelemetry: false,
        opossum: true,
      });
      expect(used).toEqual({
        pooled: 200,
        plain: 200,
        sameFetch: true,
        sameSlots: [true, true],
        undici: true,
        opentelemetry: false,
        taken: false,
      });
      const bodies = server.requests.map(({ body }) => String(body));
      expect(bodies).toEqual(Array(before === 'fetch' ? 3 : 2).fill('order 1'));
    });
  }
});
