import { createClient } from '@supabase/supabase-js';
import { resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { type Fault, failingServer, type Service } from './support/failing-server.ts';
import { reset, status } from './support/faults.ts';
import { Pace } from './support/pace.ts';

const open = (fetch: typeof globalThis.fetch, origin: string) =>
  createClient(origin, 'key', { global: { fetch }, db: { retry: false } });

dropIn({
  sdk: '@supabase/supabase-js',
  service: ({ method, body }, response) => {
    if (method === 'GET') json(response, [{ id: 1, name: 'Grüße' }]);
    else json(response, [{ bytes: body.length }], 201);
  },
  read: async (fetch, origin, signal) => {
    const { data } = await open(fetch, origin)
      .from('countries')
      .select()
      .abortSignal(signal)
      .throwOnError();
    return data;
  },
  write: async (fetch, origin, signal) => {
    const { data } = await open(fetch, origin)
      .from('countries')
      .insert({ name: 'Grüße '.repeat(10_000) })
      .select()
      .abortSignal(signal)
      .throwOnError();
    return data;
  },
});

test('replaces a file of 300 kB in its storage after a 503 and a reset: 3 requests, 1 hash', async () => {
  const file = new Blob([new Uint8Array(300_000).fill(7)]);
  const replace = async (fetch: typeof globalThis.fetch, faults: readonly Fault[]) => {
    const service: Service = (_, response) => json(response, { Id: 'one', Key: 'pets/one' });
    await using server = await failingServer(faults, service, new Pace());
    const { error } = await open(fetch, server.origin).storage.from('pets').update('one', file);
    expect(error).toBeNull();
    return server.requests.map(({ method, hash }) => `${method} ${hash}`);
  };
  const [bare] = await replace(globalThis.fetch, []);
  expect(bare).toMatch(/^PUT /);
  expect(await replace(resilientFetch, [status(503), reset])).toEqual([bare, bare, bare]);
});
