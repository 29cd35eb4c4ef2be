import fc from 'fast-check';
import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { settle, useFakeClock } from '../support/clock.ts';
import { networkError } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';
import { tries } from './tries.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.test/orders';

function streamOf(chunks: readonly string[]): ReadableStream<Uint8Array> {
  const left = [...chunks];
  return new ReadableStream({
    pull(controller) {
      const chunk = left.shift();
      if (chunk === undefined) controller.close();
      else controller.enqueue(Buffer.from(chunk));
    },
  });
}

async function* generated(chunks: readonly string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk);
}

/** Bodies that can be sent again, and those that can be sent once. */
const kinds: Record<
  string,
  (chunks: readonly string[]) => RequestInit['body'] | AsyncIterable<Uint8Array>
> = {
  string: (chunks) => chunks.join(''),
  bytes: (chunks) => Buffer.from(chunks.join('')),
  Blob: (chunks) => new Blob([...chunks]),
  stream: streamOf,
  generator: generated,
};
const oneShot = ['stream', 'generator', 'Request'];

const stories = fc.record({
  kind: fc.constantFrom(...Object.keys(kinds), 'Request'),
  method: fc.constantFrom('PUT', 'POST'),
  keyed: fc.boolean(),
  chunks: fc.array(fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 9 }), {
    minLength: 1,
    maxLength: 4,
  }),
  hedge: fc.constantFrom<number | false>(false, 5),
  answers: fc.array(
    fc.record({
      /** Chunks of the body that the server, or the network, reads before it answers. */
      reads: fc.constantFrom(0, 0, 1, Number.POSITIVE_INFINITY),
      latency: fc.constantFrom(0, 10, 20),
      what: fc.constantFrom<number | string>(200, 429, 503, 503, 'ECONNREFUSED', 'ECONNRESET'),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  seed: fc.nat(),
});

it('a body is sent from its first byte or not at all, and one that can be sent once is read by 1 request, 1,500 times', async () => {
  const met = { whole: 0, begun: 0, again: 0 };
  const property = fc.asyncProperty(stories, async (story) => {
    const whole = story.chunks.join('');
    const sent: { read: string; ended: boolean }[] = [];
    const fetch = async (input: string | URL | Request, init: RequestInit = {}) => {
      const answer = story.answers[sent.length % story.answers.length];
      const { reads = 0, latency = 0, what = 200 } = answer ?? {};
      const one = { read: '', ended: false };
      sent.push(one);
      if (reads > 0) {
        const given =
          input instanceof Request && !init.body
            ? input
            : new Request(url, { ...init, duplex: 'half' } as RequestInit);
        const reader = given.body?.getReader();
        for (let chunk = 0; reader && chunk < reads; chunk++) {
          const { done, value } = await reader.read();
          if (done) one.ended = true;
          if (done) break;
          one.read += Buffer.from(value).toString();
        }
        if (!reader) one.ended = true;
      }
      await new Promise((resolve) => setTimeout(resolve, latency));
      if (typeof what === 'string') throw networkError(what);
      return new Response(null, { status: what });
    };
    const client = createClient({ fetch, random: seeded(story.seed), hedge: story.hedge });
    const headers: Record<string, string> = story.keyed ? { 'idempotency-key': 'mine' } : {};
    const { method } = story;
    const body = kinds[story.kind]?.(story.chunks);
    const call = body
      ? client(url, { method, headers, body, duplex: 'half' } as RequestInit)
      : client(new Request(url, { method, headers, body: whole }));
    await settle(call.catch(() => {}));
    for (const { read, ended } of sent) {
      expect(whole.startsWith(read)).toBe(true);
      if (ended) expect(read).toBe(whole);
      if (ended) met.whole++;
    }
    const touched = sent.filter(({ read, ended }) => read !== '' || ended).length;
    if (oneShot.includes(story.kind)) expect(touched).toBeLessThanOrEqual(1);
    else if (touched > 1) met.again++;
    if (touched > 0) met.begun++;
    await client.close();
  });
  await fc.assert(property, tries(1_500));
  // What nothing happens in proves nothing.
  for (const times of Object.values(met)) expect(times).toBeGreaterThan(100);
});
