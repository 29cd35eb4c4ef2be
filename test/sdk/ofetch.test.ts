import { createFetch } from 'ofetch';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const open = (fetch: typeof globalThis.fetch, baseURL: string) =>
  createFetch({ fetch, defaults: { baseURL, retry: false } });

dropIn({
  sdk: 'ofetch',
  service: async ({ method, path, body }, response, pace) => {
    if (path === '/stream') {
      const lines = each((number) => `line ${number}\n`);
      await paced(response, 'text/plain', lines, pace);
    } else if (method === 'GET') json(response, { name: 'Grüße' });
    else json(response, { bytes: body.length }, 201);
  },
  read: (fetch, origin, signal) => open(fetch, origin)('/pets', { signal }),
  write: (fetch, origin, signal) => {
    const body = { name: 'Grüße '.repeat(10_000) };
    return open(fetch, origin)('/pets', { method: 'POST', body, signal });
  },
  async *stream(fetch, origin, signal) {
    const options = { method: 'POST', responseType: 'stream', signal } as const;
    const body = await open(fetch, origin)('/stream', options);
    for await (const part of body ?? []) yield new TextDecoder().decode(part);
  },
});
