import { ApolloClient, gql, InMemoryCache } from '@apollo/client';
import { HttpLink } from '@apollo/client/link/http';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';
import { pushed } from './support/pushed.ts';

const open = (fetch: typeof globalThis.fetch, uri: string) =>
  new ApolloClient({
    cache: new InMemoryCache(),
    link: new HttpLink({ uri, fetch, useGETForQueries: true }),
  });

const pet = gql`query Pet($id: ID!) { pet(id: $id) { name } }`;
const rename = gql`mutation Rename($name: String!) { rename(name: $name) { name } }`;

const renamed = gql`subscription { renamed { name } }`;
const parts = each((number) => {
  const data = { renamed: { __typename: 'Pet', name: number } };
  const part = `\r\ncontent-type: application/json\r\n\r\n${JSON.stringify({ payload: { data } })}`;
  return `${number === 1 ? '---' : ''}${part}\r\n---`;
});

dropIn({
  sdk: '@apollo/client',
  service: async ({ method, headers }, response, pace) => {
    if (headers.accept?.includes('subscriptionSpec')) {
      await paced(
        response,
        'multipart/mixed;boundary="-";subscriptionSpec="1.0"',
        parts,
        pace,
        '--',
      );
      return;
    }
    const field = method === 'GET' ? 'pet' : 'rename';
    json(response, { data: { [field]: { __typename: 'Pet', name: 'Grüße' } } });
  },
  read: async (fetch, origin, signal) => {
    const context = { fetchOptions: { signal } };
    const { data } = await open(fetch, origin).query({
      query: pet,
      variables: { id: '1' },
      context,
    });
    return data;
  },
  write: async (fetch, origin, signal) => {
    const context = { fetchOptions: { signal } };
    const variables = { name: 'Grüße '.repeat(10_000) };
    return (await open(fetch, origin).mutate({ mutation: rename, variables, context })).data;
  },
  async *stream(fetch, origin, signal) {
    const source = open(fetch, origin).subscribe({ query: renamed });
    yield* pushed(signal, ({ next, end, fail }) => {
      const subscription = source.subscribe({ next, error: fail, complete: end });
      return () => subscription.unsubscribe();
    });
  },
});
