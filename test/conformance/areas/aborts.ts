import { chunk, head, reply, silence } from '../answers.ts';
import { headOf, outcome, rejectionOf } from '../observation.ts';
import type { Area, Play, Stage } from '../stage.ts';

const reasons: Readonly<Record<string, () => unknown>> = {
  'no reason': () => undefined,
  'an Error': () => new Error('left'),
  'a TypeError': () => new TypeError('fetch failed'),
  'a string': () => 'left',
  'a number': () => 0,
  null: () => null,
  'an object': () => ({ code: 'ECONNRESET' }),
  'a frozen object': () => Object.freeze({ left: true }),
};

const opened = head(200, ['transfer-encoding: chunked']);

const turns: Readonly<Record<string, () => Promise<unknown>>> = {
  'a microtask': () => Promise.resolve(),
  '10 microtasks': async () => {
    for (let left = 10; left > 0; left--) await undefined;
  },
  'the next tick': () => new Promise((resolve) => process.nextTick(resolve)),
  'an immediate': () => new Promise((resolve) => setImmediate(resolve)),
  '3 immediates': async () => {
    for (let left = 3; left > 0; left--) await new Promise((resolve) => setImmediate(resolve));
  },
  '5 ms': () => new Promise((resolve) => setTimeout(resolve, 5)),
};

/** While the server is silent, of a method and a body. */
async function waiting(stage: Stage, reason: unknown, init: RequestInit = {}) {
  const server = await stage.serve(silence);
  const caller = new AbortController();
  const call = stage.fetch(server.at('/'), { ...init, signal: caller.signal });
  await server.asked();
  caller.abort(reason);
  const ended = await rejectionOf(call, caller.signal);
  return { ...ended, closed: await server.closed() };
}

const table: Record<string, Play> = {};

for (const [name, reason] of Object.entries(reasons)) {
  table[`before the call, with ${name}`] = async (stage) => {
    const server = await stage.serve(reply());
    const signal = AbortSignal.abort(reason());
    return rejectionOf(stage.fetch(server.at('/'), { signal }), signal);
  };
  table[`in the turn of the call, with ${name}`] = async (stage) => {
    const server = await stage.serve(reply());
    const caller = new AbortController();
    const call = stage.fetch(server.at('/'), { signal: caller.signal });
    caller.abort(reason());
    return rejectionOf(call, caller.signal);
  };
  table[`while the headers are waited for, with ${name}`] = (stage) => waiting(stage, reason());
  table[`between 2 chunks, with ${name}`] = async (stage) => {
    const server = await stage.serve(({ write }) => {
      write(opened);
      write(chunk('one'));
    });
    const caller = new AbortController();
    const response = await stage.fetch(server.at('/'), { signal: caller.signal });
    const reader = response.body?.getReader();
    const first = await reader?.read();
    const next = outcome(() => reader?.read());
    caller.abort(reason());
    const { thrown } = await next;
    const own = thrown === caller.signal.reason;
    const closing = await outcome(() => reader?.closed);
    return { first, thrown, own, closing, head: headOf(response), closed: await server.closed() };
  };
  table[`while the whole body is read, with ${name}`] = async (stage) => {
    const server = await stage.serve(({ write }) => {
      write(opened);
      write(chunk('one'));
    });
    const caller = new AbortController();
    const response = await stage.fetch(server.at('/'), { signal: caller.signal });
    const read = response.text();
    caller.abort(reason());
    return { ...(await rejectionOf(read, caller.signal)), closed: await server.closed() };
  };
}

for (const [name, pass] of Object.entries(turns)) {
  table[`after ${name}`] = async (stage) => {
    stage.callerOnly();
    const server = await stage.serve(silence);
    const caller = new AbortController();
    const call = stage.fetch(server.at('/'), { signal: caller.signal });
    const ended = rejectionOf(call, caller.signal);
    await pass();
    caller.abort();
    return ended;
  };
  table[`after ${name}, of a name that is still looked up`] = async (stage) => {
    stage.callerOnly();
    const server = await stage.serve(silence);
    const caller = new AbortController();
    const call = stage.fetch(`http://localhost:${server.port}/`, { signal: caller.signal });
    const ended = rejectionOf(call, caller.signal);
    await pass();
    caller.abort('left');
    return ended;
  };
}

for (const method of ['HEAD', 'POST', 'PUT', 'DELETE']) {
  table[`of a ${method} whose answer is waited for`] = (stage) =>
    waiting(stage, 'left', method === 'HEAD' ? { method } : { method, body: 'sent' });
}

export const abortCases: Area = { name: 'aborts', cases: table };
