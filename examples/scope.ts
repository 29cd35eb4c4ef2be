// Clean-up that always happens, last in first out, and masks no error.
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { scope } from 'resilient-fetch';

async function report(title: string, work: Promise<unknown>): Promise<void> {
  const outcome = await work.then(
    (result) => `gave ${result}`,
    (error) => `failed: ${error}`,
  );
  console.log(`${title}: ${outcome}\n`);
}

await report(
  'a success',
  scope(async ({ defer }) => {
    const folder = await mkdtemp(join(tmpdir(), 'scope-'));
    defer(() => rm(folder, { recursive: true }).then(() => console.log('  folder removed')));
    const file = await open(join(folder, 'rows.csv'), 'w');
    defer(() => file.close().then(() => console.log('  file closed')));
    await file.write('1,2,3\n');
    return (await file.stat()).size;
  }),
);

await report(
  'an abort: the body hears of it, and is waited for',
  scope(
    async ({ defer, signal }) => {
      defer(() => console.log('  connection given back'));
      await wait(60_000, undefined, { signal }).finally(() => console.log('  query stopped'));
    },
    { signal: AbortSignal.timeout(50) },
  ),
);

await report(
  'an error, and another one in clean-up: neither masks the other',
  scope(({ defer }) => {
    defer(() => console.log('  connection given back'));
    defer(() => {
      throw new Error('the file system is read-only');
    });
    throw new Error('row 7 is malformed');
  }),
);

await report(
  'what runs beside it stops when it ends',
  scope(async ({ signal }) => {
    void heartbeat(signal);
    await wait(50);
    return 'the result';
  }),
);

async function heartbeat(signal: AbortSignal): Promise<void> {
  for (let beat = 1; !signal.aborted; beat++) {
    console.log(`  heartbeat ${beat}`);
    await wait(20, undefined, { signal }).catch(() => console.log('  heartbeat stopped'));
  }
}
