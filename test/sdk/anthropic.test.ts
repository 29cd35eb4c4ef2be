import Anthropic from '@anthropic-ai/sdk';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const open = (fetch: typeof globalThis.fetch, baseURL: string) =>
  new Anthropic({ apiKey: 'key', baseURL, maxRetries: 0, fetch });

const question = {
  model: 'claude',
  max_tokens: 100,
  messages: [{ role: 'user' as const, content: 'Grüße '.repeat(10_000) }],
};
const said = (text: string) => ({
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'text_delta', text },
});

dropIn({
  sdk: '@anthropic-ai/sdk',
  service: async ({ method, body }, response, pace) => {
    if (method === 'GET') {
      json(response, { data: [{ id: 'claude', type: 'model' }], has_more: false });
    } else if (JSON.parse(body.toString()).stream) {
      const words = each((number) => said(`word ${number}`));
      const events = words.map((word) => `event: ${word.type}\ndata: ${JSON.stringify(word)}\n\n`);
      await paced(response, 'text/event-stream', events, pace);
    } else json(response, { content: [{ type: 'text', text: `${body.length} bytes` }] });
  },
  read: async (fetch, origin, signal) =>
    (await open(fetch, origin).models.list({}, { signal })).data,
  write: async (fetch, origin, signal) => {
    const { content } = await open(fetch, origin).messages.create(question, { signal });
    return content;
  },
  async *stream(fetch, origin, signal) {
    yield* await open(fetch, origin).messages.create({ ...question, stream: true }, { signal });
  },
});
