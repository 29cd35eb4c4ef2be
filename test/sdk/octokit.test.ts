import { Octokit } from '@octokit/rest';
import { json } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const open = (fetch: typeof globalThis.fetch, baseUrl: string) =>
  new Octokit({ baseUrl, request: { fetch }, log: quiet });

dropIn({
  sdk: '@octokit/rest',
  service: ({ method, path, body }, response) => {
    if (method === 'POST') json(response, { number: 1, ...JSON.parse(body.toString()) }, 201);
    else json(response, { login: path.split('/').at(-1) });
  },
  read: async (fetch, origin, signal) => {
    const { data } = await open(fetch, origin).users.getByUsername({
      username: 'octocat',
      request: { signal },
    });
    return data;
  },
  write: async (fetch, origin, signal) => {
    const { data } = await open(fetch, origin).issues.create({
      owner: 'octocat',
      repo: 'hello-world',
      title: 'Grüße',
      body: 'x'.repeat(100_000),
      request: { signal },
    });
    return data;
  },
});
