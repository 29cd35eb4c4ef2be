import { getEventListeners } from 'node:events';
import { chunk, head, lastChunk, redirect, reply, silence } from '../answers.ts';
import { callOf, outcome, rejectionOf } from '../observation.ts';
import type { Area } from '../stage.ts';

const opened = head(200, ['transfer-encoding: chunked']);

export const signalCases: Area = {
  name: 'signals',
  cases: {
    'between 2 hops of a redirect': async (stage) => {
      const there = await stage.serve(silence);
      const server = await stage.serve(redirect(302, there.at('/')));
      const caller = new AbortController();
      const call = stage.fetch(server.at('/'), { signal: caller.signal });
      await there.asked();
      caller.abort('left');
      return { ...(await rejectionOf(call, caller.signal)), closed: await there.closed() };
    },
    'after 50 ms, by AbortSignal.timeout': async (stage) => {
      const server = await stage.serve(silence);
      const signal = AbortSignal.timeout(50);
      const ended = await rejectionOf(stage.fetch(server.at('/'), { signal }), signal);
      return { ...ended, closed: await server.closed() };
    },
    'by AbortSignal.any of 2': async (stage) => {
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const signal = AbortSignal.any([caller.signal, new AbortController().signal]);
      const call = stage.fetch(server.at('/'), { signal });
      await server.asked();
      caller.abort('left');
      return rejectionOf(call, signal);
    },
    'a second time changes nothing': async (stage) => {
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const call = stage.fetch(server.at('/'), { signal: caller.signal });
      await server.asked();
      caller.abort('first');
      caller.abort('second');
      return rejectionOf(call, caller.signal);
    },
    'by the signal of the Request': async (stage) => {
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const request = new Request(server.at('/'), { signal: caller.signal });
      const call = stage.fetch(request);
      await server.asked();
      caller.abort('left');
      return { ...(await rejectionOf(call, caller.signal)), closed: await server.closed() };
    },
    'of a Request that was aborted before': async (stage) => {
      const server = await stage.serve(reply());
      const signal = AbortSignal.abort('left');
      const call = stage.fetch(new Request(server.at('/'), { signal }));
      return rejectionOf(call, signal);
    },
    'by the signal of the Request, which the init takes off': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), { signal: AbortSignal.abort('left') });
      return callOf(() => stage.fetch(request, { signal: null }));
    },
    'by the signal of the Request, for which the init has another': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), { signal: AbortSignal.abort('left') });
      return callOf(() => stage.fetch(request, { signal: new AbortController().signal }));
    },
    'by the signal of the Request, for which the init has undefined': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), { signal: AbortSignal.abort('left') });
      return outcome(() => stage.fetch(request, { signal: undefined } as object));
    },
    'before a call that is wrong too': async (stage) => {
      const signal = AbortSignal.abort('left');
      const calls = ['http://', 'data:,hello', 'ftp://a.example/', 'http://127.0.0.1:1/'];
      return Promise.all(calls.map((url) => outcome(() => stage.fetch(url, { signal }))));
    },
    'of a signal that is none': async (stage) => {
      const server = await stage.serve(reply());
      const given = [{}, 'signal', 7, true, { aborted: false }, new EventTarget()];
      const calls = given.map((signal) =>
        outcome(() => stage.fetch(server.at('/'), { signal } as RequestInit)),
      );
      return Promise.all(calls);
    },
    'is heard of by 1 listener of the caller before the call rejects': async (stage) => {
      const server = await stage.serve(silence);
      const caller = new AbortController();
      const order: string[] = [];
      const call = stage.fetch(server.at('/'), { signal: caller.signal });
      const ended = call.catch(() => order.push('rejected'));
      caller.signal.addEventListener('abort', () => order.push('heard'));
      await server.asked();
      caller.abort();
      order.push('aborted');
      await ended;
      return order;
    },
    'leaves 0 listeners of a call that was read to its end': async (stage) => {
      const server = await stage.serve(({ write }) => {
        write(opened);
        write(chunk('one'));
        write(lastChunk);
      });
      const { signal } = new AbortController();
      await (await stage.fetch(server.at('/'), { signal })).text();
      await new Promise((resolve) => setTimeout(resolve, 5));
      // the platform may keep its own until the garbage is collected; the fewer the better
      return getEventListeners(signal, 'abort').length <= 1;
    },
  },
};
