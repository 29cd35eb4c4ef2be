import { createClient } from 'resilient-fetch';
import { Agent, request, fetch as undiciFetch } from 'undici';
import { outgoingOf } from '../src/core/outgoing.ts';
import { Stop } from '../src/core/stop.ts';
import { openWire } from '../src/wire/send.ts';
import { compareCpu } from './cpu.ts';

await compareCpu(import.meta.filename, {
  'undici.fetch': () => {
    const dispatcher = new Agent();
    return (url) => undiciFetch(url, { dispatcher }) as never;
  },
  'undici.request': () => {
    const dispatcher = new Agent();
    return async (url) => {
      const { body } = await request(url, { dispatcher });
      return { json: () => body.json() } as never;
    };
  },
  'wire bare': () => {
    const agent = new Agent();
    const wire = openWire(agent.dispatch.bind(agent) as never);
    return (url) =>
      wire(outgoingOf(url, undefined, new URL(url)), Stop.never, (_, send) => send()) as never;
  },
  pool: () => {
    const client = createClient({ pool: true });
    return (url) => client(url);
  },
});
