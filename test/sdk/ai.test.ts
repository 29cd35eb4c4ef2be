import { createOpenAI } from '@ai-sdk/openai';
import { generateText, streamText } from 'ai';
import { events, json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const model = (fetch: typeof globalThis.fetch, origin: string) =>
  createOpenAI({ apiKey: 'key', baseURL: `${origin}/v1`, fetch }).chat('gpt-5');

const prompt = 'Grüße '.repeat(10_000);
const said = (content: string) => ({
  id: 'one',
  created: 1,
  model: 'gpt-5',
  choices: [{ index: 0, delta: { content } }],
});

dropIn({
  sdk: 'ai',
  service: async ({ body }, response, pace) => {
    if (JSON.parse(body.toString()).stream) {
      const chunks = each((number) => said(`word ${number}`));
      await paced(response, 'text/event-stream', events(chunks), pace, 'data: [DONE]\n\n');
    } else {
      const message = { role: 'assistant', content: `${body.length} bytes` };
      const choices = [{ index: 0, message, finish_reason: 'stop' }];
      json(response, { id: 'one', created: 1, model: 'gpt-5', choices });
    }
  },
  write: async (fetch, origin, abortSignal) => {
    const given = { model: model(fetch, origin), prompt, maxRetries: 0, abortSignal };
    return (await generateText(given)).text;
  },
  async *stream(fetch, origin, abortSignal) {
    const given = { model: model(fetch, origin), prompt, maxRetries: 0, abortSignal };
    yield* streamText({ ...given, onError() {} }).textStream;
  },
});
