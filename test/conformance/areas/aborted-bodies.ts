import { chunk, head, reply, silence } from '../answers.ts';
import { headOf, rejectionOf } from '../observation.ts';
import { within } from '../server.ts';
import type { Area } from '../stage.ts';

const opened = head(200, ['transfer-encoding: chunked']);

export const abortedBodyCases: Area = {
  name: 'aborted bodies',
  cases: {
    'while a body is sent, whose stream is cancelled': async (stage) => {
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const cancelled: unknown[] = [];
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('one')),
        cancel: (reason) => void cancelled.push(typeof reason),
      });
      const init = { method: 'POST', body, duplex: 'half', signal: caller.signal };
      const call = stage.fetch(server.at('/'), init as RequestInit);
      await server.asked();
      caller.abort('left');
      const ended = await rejectionOf(call, caller.signal);
      const closed = await server.closed();
      await within(200, () => cancelled.length > 0);
      return { ...ended, cancelled, closed };
    },
    'while a generator is sent, which ends': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const more = Promise.withResolvers<void>();
      const body = (async function* () {
        yield Buffer.from('one');
        await more.promise;
        yield Buffer.from('two');
      })();
      const init = { method: 'POST', body, duplex: 'half', signal: caller.signal };
      const call = stage.fetch(server.at('/'), init as unknown as RequestInit);
      await server.asked();
      caller.abort('left');
      const ended = await rejectionOf(call, caller.signal);
      more.resolve();
      return { ...ended, closed: await server.closed() };
    },
    'when the headers are there and nobody reads': async (stage) => {
      const server = await stage.serve(({ write }) => {
        write(opened);
        write(chunk('one'));
      });
      const caller = new AbortController();
      const response = await stage.fetch(server.at('/'), { signal: caller.signal });
      caller.abort('left');
      const closed = await server.closed();
      return { closed, late: await rejectionOf(response.text(), caller.signal) };
    },
    'when everything was read': async (stage) => {
      const server = await stage.serve(reply());
      const caller = new AbortController();
      const response = await stage.fetch(server.at('/'), { signal: caller.signal });
      const copy = response.clone();
      const text = await response.text();
      caller.abort('left');
      return { text, copy: await rejectionOf(copy.text(), caller.signal), head: headOf(response) };
    },
    'of both branches of a clone': async (stage) => {
      const server = await stage.serve(({ write }) => {
        write(opened);
        write(chunk('one'));
      });
      const caller = new AbortController();
      const response = await stage.fetch(server.at('/'), { signal: caller.signal });
      const copy = response.clone();
      const reads = [response.text(), copy.text()].map((read) => rejectionOf(read, caller.signal));
      caller.abort('left');
      return { reads: await Promise.all(reads), closed: await server.closed() };
    },
    'before a call with a stream, which is cancelled': async (stage) => {
      const server = await stage.serve(reply());
      const cancelled: unknown[] = [];
      const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
      const signal = AbortSignal.abort('left');
      const init = { method: 'POST', body, duplex: 'half', signal };
      const ended = await rejectionOf(stage.fetch(server.at('/'), init as RequestInit), signal);
      await within(200, () => cancelled.length > 0);
      return { ...ended, cancelled, locked: body.locked };
    },
  },
};
