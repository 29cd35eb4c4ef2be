import createClient from 'openapi-fetch';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';

/** What its generator makes of an API with one path. */
interface Paths {
  '/pets': {
    get: {
      responses: { 200: { content: { 'application/json': { name: string }[] } } };
    };
    post: {
      requestBody: { content: { 'application/json': { name: string } } };
      responses: { 201: { content: { 'application/json': { bytes: number } } } };
    };
  };
}

const open = (fetch: typeof globalThis.fetch, baseUrl: string) =>
  createClient<Paths>({ baseUrl, fetch });

dropIn({
  sdk: 'openapi-fetch',
  sendsRequest: true,
  service: ({ method, body }, response) => {
    if (method === 'GET') json(response, [{ name: 'Grüße' }]);
    else json(response, { bytes: body.length }, 201);
  },
  read: async (fetch, origin, signal) => {
    const { data, error } = await open(fetch, origin).GET('/pets', { signal });
    if (error !== undefined) throw error;
    return data;
  },
  write: async (fetch, origin, signal) => {
    const body = { name: 'Grüße '.repeat(10_000) };
    const { data, error } = await open(fetch, origin).POST('/pets', { body, signal });
    if (error !== undefined) throw error;
    return data;
  },
});
