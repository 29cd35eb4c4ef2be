// Steps that undo themselves where a later one fails, also after the process was killed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  fileJournal,
  resume,
  type SagaContext,
  SagaError,
  type Step,
  saga,
} from 'resilient-fetch/saga';

interface Order {
  readonly item: string;
}

/** Everything that has an effect is a step; the key goes along, so that a repeated request has none. */
async function placeOrder(step: Step, { input }: SagaContext<Order>): Promise<string> {
  const charge = await step('charge', ({ idempotencyKey }) => ask('charge', idempotencyKey), {
    undo: ({ receipt }, { idempotencyKey }) => ask(`refund ${receipt}`, idempotencyKey),
  });
  if (process.argv[3] === 'crash') process.kill(process.pid, 'SIGKILL');
  await step(
    'ship',
    ({ idempotencyKey }) => {
      if (input.item === 'unicorn') throw new Error('there are no unicorns');
      return ask(`ship for ${charge.receipt}`, idempotencyKey);
    },
    { policy: { retry: false } },
  );
  return charge.receipt;
}

/** Stands for `client.post(…, { headers: { 'idempotency-key': key } })`. */
async function ask(what: string, key: string): Promise<{ receipt: string }> {
  console.log(`    ${what}  (${key})`);
  return { receipt: 'R1' };
}

const [, , given] = process.argv;
if (given === undefined) await show();
else {
  const journal = await fileJournal(given);
  await saga('order', placeOrder, { journal, id: 'order-3', input: { item: 'lamp' } });
}

async function show(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'saga-'));
  const path = join(folder, 'orders.journal');
  let journal = await fileJournal(path);

  console.log('All goes well:');
  const options = { journal, id: 'order-1', input: { item: 'lamp' } };
  console.log(`  → ${await saga('order', placeOrder, options)}`);

  console.log(
    '\nThe second step fails, so the first is undone, and the error is that of the second:',
  );
  const lost = { journal, id: 'order-2', input: { item: 'unicorn' } };
  await saga('order', placeOrder, lost).catch((error) => console.log(`  → ${error}`));
  await journal.close();

  console.log('\nThe process is killed between the two:');
  const child = spawn(process.execPath, [import.meta.filename, path, 'crash'], {
    stdio: 'inherit',
  });
  const [, signal] = await once(child, 'close');
  console.log(`  → ${signal}`);

  console.log('\nThe next one takes it up; what was done is not done again:');
  journal = await fileJournal(path);
  for (const { id, outcome, result, error } of await resume(journal, { order: placeOrder })) {
    console.log(`  → ${id}: ${outcome}`, result ?? error);
  }

  console.log(
    '\nAn undo that fails for good is for a person, and the error has all that one needs:',
  );
  const stuck = async (step: Step) => {
    await step('book', () => ({ seat: 12 }), {
      undo: () => Promise.reject(new Error('not refundable')),
      undoPolicy: { retry: false },
    });
    throw new Error('the hotel is full');
  };
  await saga('trip', stuck, { journal, id: 'trip-1' }).catch((error) => {
    if (!(error instanceof SagaError)) throw error;
    console.log(`  → ${error}`);
    console.log(error.left);
  });
  await journal.close();
  rmSync(folder, { recursive: true });
}
