import { Hono } from 'hono';
import { hc } from 'hono/client';
import { validator } from 'hono/validator';
import { paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';
import { asRequest, sendResponse } from './support/web.ts';

const named = validator('json', (given) => given as { name: string });
const app = new Hono()
  .get('/pets', (context) => context.json({ name: 'Grüße' }))
  .post('/pets', named, (context) =>
    context.json({ length: context.req.valid('json').name.length }),
  )
  .get('/stream', (context) => context.text(''));

const open = (fetch: typeof globalThis.fetch, origin: string, signal: AbortSignal) =>
  hc<typeof app>(origin, { fetch, init: { signal } });

dropIn({
  sdk: 'hono',
  service: async (arrived, response, pace) => {
    const lines = each((number) => `line ${number}\n`);
    if (arrived.path === '/stream') await paced(response, 'text/plain', lines, pace);
    else await sendResponse(response, await app.fetch(asRequest(arrived)));
  },
  read: async (fetch, origin, signal) => {
    return (await open(fetch, origin, signal).pets.$get()).json();
  },
  write: async (fetch, origin, signal) => {
    const { pets } = open(fetch, origin, signal);
    return (await pets.$post({ json: { name: 'Grüße '.repeat(10_000) } })).json();
  },
  async *stream(fetch, origin, signal) {
    const { body } = await open(fetch, origin, signal).stream.$get();
    yield* body?.pipeThrough(new TextDecoderStream()) ?? [];
  },
});
