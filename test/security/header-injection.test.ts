import { createClient, OptionsError } from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { rejection, settle, useFakeClock } from '../support/clock.ts';
import { answer, faultServer } from '../support/fault-server.ts';
import { script } from '../support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const url = 'https://api.example.com/things';
const hostile = [
  ['CR LF and a header', 'key\r\nx-evil: yes'],
  ['LF and a header', 'key\nx-evil: yes'],
  ['CR and a header', 'key\rx-evil: yes'],
  ['a second request', 'key\r\n\r\nGET /evil HTTP/1.1\r\nhost: evil\r\n\r\n'],
  ['NUL', 'key\0'],
  ['what is not Latin', 'ключ'],
  ['an emoji', 'key🔑'],
  ['a folded line', 'key\r\n x'],
] as const;

describe('an idempotency key with', () => {
  it.each(hostile)('%s is refused, and 0 requests leave', async (_, key) => {
    for (const options of [{ idempotencyKey: key }, { idempotencyKey: () => key }]) {
      const fetch = script(200);
      const call = createClient({ fetch })(url, { method: 'POST', resilience: options });
      const error = (await rejection(call)) as Error;
      expect(error).toBeInstanceOf(OptionsError);
      expect(error.message).not.toContain('evil');
      expect(error.message).not.toContain('key\\r');
      expect(fetch.requests).toHaveLength(0);
    }
  });

  it('white space around it is 1 header, trimmed as fetch trims it', async () => {
    const fetch = script(200);
    const resilience = { idempotencyKey: ' key\r\n' };
    await settle(createClient({ fetch })(url, { method: 'POST', resilience }));
    expect([...new Headers(fetch.requests[0]?.init.headers)]).toEqual([['idempotency-key', 'key']]);
  });
});

describe('a header of a client with', () => {
  it.each(hostile)(
    '%s is refused when the client is made: 2 of 2, as value and as name',
    (_, text) => {
      for (const headers of [{ a: text }, { [text]: 'a' }]) {
        expect(() => createClient({ headers })).toThrow(OptionsError);
      }
      expect(() => createClient({ propagation: { attempt: text } })).toThrow(OptionsError);
      expect(() => createClient({ propagation: { deadline: { header: text } } })).toThrow(
        OptionsError,
      );
    },
  );
});

it('a client’s name of any text is in 0 requests', async () => {
  vi.useRealTimers();
  await using server = await faultServer([answer(200)]);
  const client = createClient({ name: 'a\r\nx-evil: yes', propagation: true });
  await (await client(server.origin)).text();
  expect(server.requests[0]?.headers).not.toHaveProperty('x-evil');
  expect(JSON.stringify(server.requests[0]?.headers)).not.toContain('evil');
});
