import { GraphQLClient, gql } from 'graphql-request';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';

const pet = gql`query Pet($id: ID!) { pet(id: $id) { name } }`;
const rename = gql`mutation Rename($name: String!) { rename(name: $name) { name } }`;

dropIn({
  sdk: 'graphql-request',
  service: (_, response) => json(response, { data: { pet: { name: 'Grüße' } } }),
  read: (fetch, origin, signal) => {
    const client = new GraphQLClient(origin, {
      fetch,
      method: 'GET',
      signal,
      jsonSerializer: JSON,
    });
    return client.request(pet, { id: '1' });
  },
  write: (fetch, origin, signal) => {
    const client = new GraphQLClient(origin, { fetch, signal });
    return client.request(rename, { name: 'Grüße '.repeat(10_000) });
  },
});
