import OpenAI from 'openai';
import { resilientFetch } from 'resilient-fetch';
import { Agent, Dispatcher1Wrapper } from 'undici';
import { expect, test } from 'vitest';
import { events, json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { failingServer, type Service } from './support/failing-server.ts';
import { status } from './support/faults.ts';
import { each } from './support/items.ts';
import { Pace } from './support/pace.ts';

const open = (fetch: typeof globalThis.fetch, origin: string) =>
  new OpenAI({ apiKey: 'key', baseURL: `${origin}/v1`, maxRetries: 0, fetch });

const question = {
  model: 'gpt-5',
  messages: [{ role: 'user' as const, content: 'Grüße '.repeat(10_000) }],
};
const said = (content: string) => ({
  id: 'one',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content } }],
});

dropIn({
  sdk: 'openai',
  service: async ({ method, body }, response, pace) => {
    if (method === 'GET') {
      json(response, { object: 'list', data: [{ id: 'gpt-5', object: 'model' }] });
    } else if (JSON.parse(body.toString()).stream) {
      const chunks = each((number) => said(`word ${number}`));
      await paced(response, 'text/event-stream', events(chunks), pace, 'data: [DONE]\n\n');
    } else {
      const message = { role: 'assistant', content: `${body.length} bytes` };
      json(response, { object: 'chat.completion', choices: [{ index: 0, message }] });
    }
  },
  read: async (fetch, origin, signal) => (await open(fetch, origin).models.list({ signal })).data,
  write: async (fetch, origin, signal) => {
    const answer = await open(fetch, origin).chat.completions.create(question, { signal });
    return answer.choices;
  },
  async *stream(fetch, origin, signal) {
    const { completions } = open(fetch, origin).chat;
    yield* await completions.create({ ...question, stream: true }, { signal });
  },
});

test('uploads a file of 300 kB as a form, byte for byte, after a 429', async () => {
  const file = new File([new Uint8Array(300_000).fill(7)], 'Grüße.jsonl');
  const upload = async (fetch: typeof globalThis.fetch, rejections: number) => {
    const faults = Array(rejections).fill(status(429));
    const service: Service = (_, response) => json(response, { id: 'file' });
    await using server = await failingServer(faults, service, new Pace());
    await open(fetch, server.origin).files.create({ file, purpose: 'batch' });
    return server.requests.map(({ hash }) => hash);
  };
  const [hash] = await upload(globalThis.fetch, 0);
  expect(await upload(resilientFetch, 1)).toEqual([hash, hash]);
});

test('brings connections of its own, which carry both requests of a call', async () => {
  let dispatched = 0;
  const agent = new Agent();
  const counting = agent.compose((dispatch) => (options, handler) => {
    dispatched++;
    return dispatch(options, handler);
  });
  const dispatcher = new Dispatcher1Wrapper(counting);
  const service: Service = (_, response) => json(response, { data: [] });
  await using server = await failingServer([status(503)], service, new Pace());
  const fetchOptions = { dispatcher } as object;
  const client = open(resilientFetch, server.origin).withOptions({ fetchOptions });
  await client.models.list();
  await agent.close();
  expect([dispatched, server.requests.length]).toEqual([2, 2]);
});
