import assert from 'node:assert/strict';
import { after, mock, test } from 'node:test';
import { hang } from '../../support/script.ts';

mock.timers.enable({ apis: ['setTimeout', 'Date'] });
after(() => mock.timers.reset());
const { createClient } = await import('../../../src/index.ts');
const { followDate, settle } = await import('../../../src/testing.ts');

/** When two calls end that began 5 s after each other, and that nobody answers. */
async function endings(): Promise<number[]> {
  const client = createClient({ fetch: hang, retry: false });
  const start = Date.now();
  const at: number[] = [];
  const call = () => client('https://shop.example/').catch(() => at.push(Date.now() - start));
  const first = call();
  await settle(new Promise((resolve) => setTimeout(resolve, 5_000)), mock.timers);
  await settle(Promise.all([first, call()]), mock.timers);
  return at;
}

test('with performance.now() real, two attempts end after 10 s each', async () => {
  assert.deepEqual(await endings(), [10_000, 15_000]);
});

test('with performance.now() following Date, two attempts end after 10 s each', async () => {
  const end = followDate();
  assert.deepEqual(await endings(), [10_000, 15_000]);
  end();
});
