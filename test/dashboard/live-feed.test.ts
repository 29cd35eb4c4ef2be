import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Picture } from '../../src/dashboard/feed.ts';
import { LiveFeed } from '../../src/dashboard/live-feed.ts';
import { pass, useFakeClock } from '../support/clock.ts';

beforeEach(useFakeClock);
afterEach(() => {
  vi.useRealTimers();
});

const unheard = new AbortController().signal;

/** A feed whose pictures are numbered, and how many it has made. */
function numbered() {
  const made = { pictures: 0 };
  const feed = new LiveFeed(() => {
    made.pictures++;
    return { at: made.pictures, bucket: 1, controls: false, origins: [], decisions: [] } as Picture;
  });
  return { feed, made };
}

/** Reads on until the stream ends; gives what has come so far. */
function readAll(stream: ReadableStream<Uint8Array>) {
  const seen = { text: '', ended: false };
  const reading = (async () => {
    for await (const chunk of stream) seen.text += new TextDecoder().decode(chunk);
    seen.ended = true;
  })();
  reading.catch(() => {});
  return seen;
}

test('sends a picture at once and 1 at the end of each second, to 2 viewers the same ones', async () => {
  const { feed, made } = numbered();
  await pass(300);
  const one = readAll(feed.open(unheard));
  await pass(0);
  expect(one.text).toBe(
    'retry: 1000\nevent: picture\ndata: {"at":1,"bucket":1,"controls":false,"origins":[],"decisions":[]}\n\n',
  );
  const other = readAll(feed.open(unheard));
  await pass(700);
  expect(one.text.match(/"at":\d+/g)).toEqual(['"at":1', '"at":3']);
  expect(other.text.match(/"at":\d+/g)).toEqual(['"at":2', '"at":3']);
  await pass(2_000);
  expect(made.pictures).toBe(5);
  feed.close();
});

test('has 0 timers before anybody looks, 1 for 2 viewers, and 0 when both have left', async () => {
  const { feed, made } = numbered();
  expect(vi.getTimerCount()).toBe(0);
  const leaving = new AbortController();
  const one = readAll(feed.open(leaving.signal));
  const other = feed.open(unheard);
  await pass(10);
  expect(vi.getTimerCount()).toBe(1);
  leaving.abort();
  await pass(0);
  expect(one.ended).toBe(true);
  expect(vi.getTimerCount()).toBe(1);
  await other.cancel();
  expect(vi.getTimerCount()).toBe(0);
  const before = made.pictures;
  await pass(10_000);
  expect(made.pictures).toBe(before);
});

test('keeps 1 picture for a viewer that does not read, however long, and then goes on', async () => {
  const { feed, made } = numbered();
  const stream = feed.open(unheard);
  await pass(600_000);
  expect(made.pictures).toBe(1);
  const seen = readAll(stream);
  await pass(2_000);
  expect(seen.text.match(/"at":\d+/g)).toEqual(['"at":1', '"at":2', '"at":3']);
  feed.close();
});

test('ends the streams of 2 viewers when it closes, and bears that their requests end after it', async () => {
  const { feed } = numbered();
  const leaving = new AbortController();
  const seen = [feed.open(leaving.signal), feed.open(unheard)].map(readAll);
  feed.close();
  leaving.abort();
  await pass(0);
  expect(seen.map(({ ended }) => ended)).toEqual([true, true]);
  expect(vi.getTimerCount()).toBe(0);
});

test('is full with 50 viewers', () => {
  const { feed } = numbered();
  for (let viewer = 0; viewer < 50; viewer++) {
    expect(feed.isFull).toBe(false);
    feed.open(unheard);
  }
  expect(feed.isFull).toBe(true);
  feed.close();
  expect(feed.isFull).toBe(false);
});
