import { Readable } from 'node:stream';
import { reply } from '../answers.ts';
import { headOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

async function readAll(stream: ReadableStream | null): Promise<unknown> {
  const chunks: unknown[] = [];
  if (stream) for await (const part of stream) chunks.push(part);
  return Buffer.concat(chunks as Uint8Array[]).toString();
}

/** What is done with the body of an ordinary answer. */
const ways: Readonly<Record<string, (response: Response) => unknown>> = {
  'a reader of bytes of 3': async ({ body }) => {
    const reader = body?.getReader({ mode: 'byob' });
    const one = await reader?.read(new Uint8Array(3));
    const two = await reader?.read(new Uint8Array(100));
    return [one, two, await reader?.read(new Uint8Array(1))];
  },
  'a reader of bytes that are at least 4': async ({ body }) => {
    const reader = body?.getReader({ mode: 'byob' });
    return reader?.read(new Uint8Array(8), { min: 4 } as never);
  },
  'a reader of bytes given 0': async ({ body }) => {
    return body?.getReader({ mode: 'byob' }).read(new Uint8Array(0));
  },
  'a reader of an unknown mode': ({ body }) => body?.getReader({ mode: 'all' as 'byob' }),
  'a 2nd reader': ({ body }) => [body?.getReader(), body?.getReader()],
  'a reader that was released before it read': async (response) => {
    response.body?.getReader().releaseLock();
    return response.text();
  },
  'a reader that was released after it read': async (response) => {
    const reader = response.body?.getReader();
    await reader?.read();
    reader?.releaseLock();
    return [await outcome(() => response.text()), await outcome(() => reader?.read())];
  },
  'a reader that is released with a read under way': async ({ body }) => {
    const reader = body?.getReader();
    await reader?.read();
    const pending = outcome(() => reader?.read());
    reader?.releaseLock();
    return pending;
  },
  'a reader, closed in the end': async ({ body }) => {
    const reader = body?.getReader();
    while (!(await reader?.read())?.done);
    return [await outcome(() => reader?.closed), body?.locked];
  },
  'for await': ({ body }) => readAll(body),
  'values() that prevents the cancel': async (response) => {
    for await (const part of response.body?.values({ preventCancel: true }) ?? []) {
      return [part.length, await outcome(() => response.text())];
    }
    return undefined;
  },
  'pipeTo a writer': async ({ body }) => {
    const written: unknown[] = [];
    await body?.pipeTo(new WritableStream({ write: (part) => void written.push(part) }));
    return written;
  },
  'pipeTo a writer that fails': async ({ body }) => {
    const write = () => Promise.reject(new RangeError('full'));
    return body?.pipeTo(new WritableStream({ write }));
  },
  'pipeThrough a decoder': async ({ body }) => {
    const parts: string[] = [];
    for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) parts.push(part);
    return parts;
  },
  'tee and both branches': async ({ body }) => {
    const [one, two] = body?.tee() ?? [];
    return [await readAll(one ?? null), await readAll(two ?? null), body?.locked];
  },
  'tee and 1 branch': async ({ body }) => readAll(body?.tee()[1] ?? null),
  cancel: async ({ body }) => [await outcome(() => body?.cancel('left')), body?.locked],
  'cancel, and then text()': async (response) => {
    await response.body?.cancel();
    return [response.bodyUsed, await outcome(() => response.text())];
  },
  'cancel under a lock': async ({ body }) => {
    body?.getReader();
    return body?.cancel();
  },
  'Readable.fromWeb': async ({ body }) => {
    const parts: Buffer[] = [];
    for await (const part of Readable.fromWeb(body as never)) parts.push(part);
    return Buffer.concat(parts);
  },
  'structuredClone of the stream, handed over': async ({ body }) => {
    return structuredClone(body, { transfer: [body as never] });
  },
};

const table: Record<string, Play> = {};
for (const [name, use] of Object.entries(ways)) {
  table[name] = async (stage) => {
    const server = await stage.serve(reply(200, [], 'some bytes'));
    const response = await stage.fetch(server.at('/'));
    const seen = await outcome(() => use(response));
    return { seen, used: response.bodyUsed, head: headOf(response) };
  };
}

export const bodyStreamCases: Area = { name: 'body streams', cases: table };
