import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import { events, json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const open = (fetcher: typeof globalThis.fetch, serverURL: string) =>
  new Mistral({
    apiKey: 'key',
    serverURL,
    httpClient: new HTTPClient({ fetcher }),
    retryConfig: { strategy: 'none' },
  });

const question = {
  model: 'small',
  messages: [{ role: 'user' as const, content: 'Grüße '.repeat(10_000) }],
};
const about = { id: 'one', object: 'chat', model: 'small', created: 1 };
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const said = (content: string) => ({
  ...about,
  choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
});

dropIn({
  sdk: '@mistralai/mistralai',
  sendsRequest: true,
  service: async ({ method, body }, response, pace) => {
    if (method === 'GET') json(response, { object: 'list', data: [] });
    else if (JSON.parse(body.toString()).stream) {
      const chunks = each((number) => said(`word ${number}`));
      await paced(response, 'text/event-stream', events(chunks), pace, 'data: [DONE]\n\n');
    } else {
      const message = { role: 'assistant', content: `${body.length} bytes` };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      json(response, { ...about, choices, usage });
    }
  },
  read: (fetch, origin, signal) =>
    open(fetch, origin).models.list(undefined, { fetchOptions: { signal } }),
  write: async (fetch, origin, signal) => {
    const { chat } = open(fetch, origin);
    return (await chat.complete(question, { fetchOptions: { signal } })).choices;
  },
  async *stream(fetch, origin, signal) {
    yield* await open(fetch, origin).chat.stream(question, { fetchOptions: { signal } });
  },
});
