import { Readable } from 'node:stream';
import { chunk, head, lastChunk } from '../answers.ts';
import { headOf, outcome } from '../observation.ts';
import type { Area, Stage } from '../stage.ts';

const opened = head(200, ['transfer-encoding: chunked', 'content-type: text/plain']);

/** An answer that goes on when it is told to, a chunk at a time. */
async function paced(stage: Stage) {
  const server = await stage.serve(({ write }) => write(opened));
  const send = (data?: string | Uint8Array) => {
    server.exchanges[0]?.write(data === undefined ? lastChunk : chunk(data));
  };
  return { server, send };
}

/** Reads chunk by chunk, each of which is sent when the one before is there. */
async function stepwise(stage: Stage, take: (response: Response) => AsyncIterator<unknown>) {
  const { server, send } = await paced(stage);
  const response = await stage.fetch(server.at('/'));
  const iterator = take(response);
  const chunks: unknown[] = [];
  for (const data of ['one', 'two ', 'three', undefined]) {
    send(data);
    chunks.push(await outcome(() => iterator.next()));
  }
  return { chunks, used: response.bodyUsed, head: headOf(response) };
}

/** Takes the first chunk, leaves, and sees whether the server is told. */
async function left(
  stage: Stage,
  leave: (response: Response, send: () => void) => Promise<unknown>,
) {
  const { server, send } = await paced(stage);
  const response = await stage.fetch(server.at('/'));
  const seen = await outcome(() => leave(response, () => send('one')));
  return { seen, closed: await server.closed(), used: response.bodyUsed, head: headOf(response) };
}

export const streamCases: Area = {
  name: 'streams',
  cases: {
    'a reader gets 3 chunks, each when it was sent': (stage) =>
      stepwise(stage, ({ body }) => {
        const reader = body?.getReader();
        return { next: () => reader?.read() as Promise<IteratorResult<unknown>> };
      }),
    'an iterator gets 3 chunks, each when it was sent': (stage) =>
      stepwise(stage, ({ body }) => (body ?? ReadableStream.from([]))[Symbol.asyncIterator]()),
    'a Readable of Node gets 3 chunks, each when it was sent': (stage) =>
      stepwise(stage, ({ body }) => Readable.fromWeb(body as never)[Symbol.asyncIterator]()),
    'a clone gets 3 chunks, each when it was sent': (stage) =>
      stepwise(stage, (response) => {
        const copy = response.clone();
        response.text().catch(() => {});
        return (copy.body ?? ReadableStream.from([]))[Symbol.asyncIterator]();
      }),
    'a break from for await closes the connection': (stage) =>
      left(stage, async ({ body }, send) => {
        send();
        for await (const part of body ?? []) return part;
        return undefined;
      }),
    'a cancel of a reader closes the connection': (stage) =>
      left(stage, async ({ body }, send) => {
        const reader = body?.getReader();
        send();
        return [await reader?.read(), await reader?.cancel('left'), await reader?.read()];
      }),
    'a cancel before anything was read closes the connection': (stage) =>
      left(stage, ({ body }) => Promise.resolve(body?.cancel())),
    'a cancel of both branches closes the connection': (stage) =>
      left(stage, async (response, send) => {
        const copy = response.clone();
        send();
        return Promise.all([response.body?.cancel('one'), copy.body?.cancel('two')]);
      }),
    'a pipe that is aborted closes the connection': (stage) =>
      left(stage, async ({ body }, send) => {
        const caller = new AbortController();
        const write = () => caller.abort('left');
        const piped = body?.pipeTo(new WritableStream({ write }), { signal: caller.signal });
        send();
        return piped;
      }),
    'a Readable of Node that is destroyed closes the connection': (stage) =>
      left(stage, async ({ body }, send) => {
        const readable = Readable.fromWeb(body as never);
        send();
        for await (const part of readable) {
          readable.destroy();
          return part;
        }
        return undefined;
      }),
  },
};
