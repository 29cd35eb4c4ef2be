import ky from 'ky';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const open = (fetch: typeof globalThis.fetch, prefix: string) =>
  ky.create({ fetch, prefix, retry: 0, timeout: false });

dropIn({
  sdk: 'ky',
  sendsRequest: true,
  service: async ({ method, path, body }, response, pace) => {
    if (path === '/stream') {
      const lines = each((number) => `line ${number}\n`);
      await paced(response, 'text/plain', lines, pace);
    } else if (method === 'GET') json(response, { name: 'Grüße' });
    else json(response, { bytes: body.length }, 201);
  },
  read: (fetch, origin, signal) => open(fetch, origin)('pets', { signal }).json(),
  write: (fetch, origin, signal) => {
    const body = { name: 'Grüße '.repeat(10_000) };
    return open(fetch, origin).post('pets', { json: body, signal }).json();
  },
  async *stream(fetch, origin, signal) {
    const { body } = await open(fetch, origin).post('stream', { signal });
    yield* body?.pipeThrough(new TextDecoderStream()) ?? [];
  },
});
