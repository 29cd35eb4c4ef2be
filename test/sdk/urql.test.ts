import { Client, fetchExchange, gql } from '@urql/core';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';
import { pushed } from './support/pushed.ts';

const open = (fetch: typeof globalThis.fetch, url: string) =>
  new Client({
    url,
    fetch,
    preferGetMethod: 'force',
    fetchSubscriptions: true,
    exchanges: [fetchExchange],
  });

const pet = gql`query Pet($id: ID!) { pet(id: $id) { name } }`;
const rename = gql`mutation Rename($name: String!) { rename(name: $name) { name } }`;
const renamed = gql`subscription { renamed { name } }`;

dropIn({
  sdk: '@urql/core',
  abortable: 'stream',
  service: async ({ path, headers, body }, response, pace) => {
    const isStream = headers.accept?.startsWith('text/event-stream');
    if (!isStream && path === '/') json(response, { data: { rename: { name: body.length } } });
    else if (!isStream) json(response, { data: { pet: { name: 'Grüße' } } });
    else {
      const names = each((number) => ({ renamed: { name: number } }));
      const parts = names.map((data) => `event: next\ndata: ${JSON.stringify({ data })}\n\n`);
      await paced(response, 'text/event-stream', parts, pace, 'event: complete\n\n');
    }
  },
  read: async (fetch, origin) => {
    const { data, error } = await open(fetch, origin).query(pet, { id: '1' });
    if (error) throw error;
    return data;
  },
  write: async (fetch, origin) => {
    const variables = { name: 'Grüße '.repeat(10_000) };
    const { data, error } = await open(fetch, origin).mutation(rename, variables);
    if (error) throw error;
    return data;
  },
  async *stream(fetch, origin, signal) {
    const source = open(fetch, origin).subscription(renamed, {});
    yield* pushed(signal, ({ next, end }) => {
      return source.subscribe(({ data, hasNext }) => (hasNext ? next(data) : end())).unsubscribe;
    });
  },
});
