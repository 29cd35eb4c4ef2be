import { Ollama } from 'ollama/browser';
import { json, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each, items } from './support/items.ts';

const question = {
  model: 'small',
  messages: [{ role: 'user' as const, content: 'Grüße '.repeat(10_000) }],
};
const said = (content: string, done = false) => ({ message: { role: 'assistant', content }, done });

dropIn({
  sdk: 'ollama',
  abortable: false,
  service: async ({ method, body }, response, pace) => {
    if (method === 'GET') json(response, { models: [] });
    else if (JSON.parse(body.toString()).stream) {
      const words = each((number) => said(`word ${number}`, number === items));
      const lines = words.map((word) => `${JSON.stringify(word)}\n`);
      await paced(response, 'application/x-ndjson', lines, pace);
    } else json(response, said(`${body.length} bytes`, true));
  },
  read: (fetch, host) => new Ollama({ host, fetch }).list(),
  write: (fetch, host) => new Ollama({ host, fetch }).chat(question),
  async *stream(fetch, host) {
    yield* await new Ollama({ host, fetch }).chat({ ...question, stream: true });
  },
});
