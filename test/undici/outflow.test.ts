import { expect, test } from 'vitest';
import { Outflow } from '../../src/undici/outflow.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

function bodyOf(chunks: string[]) {
  const told: unknown[] = [];
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(Buffer.from(chunk));
      },
      cancel: (reason) => void told.push(reason),
    },
    { highWaterMark: 0 },
  );
  return { body, told, left: chunks };
}

test('gives 3 chunks and reaches the end, also of a body that is not there', async () => {
  const given: string[] = [];
  const { body } = bodyOf(['a', 'b', 'c']);
  expect(await new Outflow().pour(body, (chunk) => given.push(String(chunk)))).toBe(true);
  expect(given).toEqual(['a', 'b', 'c']);
  expect(await new Outflow().pour(null, () => expect.unreachable('there is none'))).toBe(true);
});

test('reads 0 chunks while it is paused, and its end comes after it goes on', async () => {
  const { body, left } = bodyOf(['a', 'b']);
  const outflow = new Outflow();
  let ended = false;
  const poured = outflow
    .pour(body, () => outflow.pause())
    .then((end) => {
      ended = end;
    });
  await turn();
  expect([left.length, outflow.paused]).toEqual([1, true]);
  outflow.resume();
  await turn();
  expect([left.length, outflow.paused, ended]).toEqual([0, true, false]);
  outflow.resume();
  await poured;
  expect(ended).toBe(true);
});

test('that is stopped cancels the body 1 time and gives 0 chunks more, paused or in a read', async () => {
  for (const pausing of [true, false]) {
    const { body, told } = bodyOf(['a', 'b']);
    const outflow = new Outflow();
    const given: string[] = [];
    if (pausing) outflow.pause();
    const poured = outflow.pour(body, (chunk) => given.push(String(chunk)));
    outflow.stop('enough');
    expect(await poured).toBe(false);
    expect([given, told]).toEqual([[], ['enough']]);
  }
});
