import { EventSource } from 'eventsource';
import { events, paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each, items } from './support/items.ts';
import { pushed } from './support/pushed.ts';

dropIn({
  sdk: 'eventsource',
  service: async (_, response, pace) => {
    const values = each((number) => number);
    await paced(response, 'text/event-stream', events(values), pace);
  },
  async *stream(fetch, origin, signal) {
    const source = new EventSource(origin, { fetch });
    yield* pushed<string>(signal, ({ next, end, fail }) => {
      source.onmessage = ({ data }) => {
        next(data);
        if (data !== JSON.stringify(items)) return;
        source.close();
        end();
      };
      source.onerror = ({ message }) => fail(new Error(message));
      return () => source.close();
    });
  },
});
