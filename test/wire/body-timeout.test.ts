import { Readable, Writable } from 'node:stream';
import * as consumers from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setTimeout as pass } from 'node:timers/promises';
import { createClient, explain, TimeoutError } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { answer, drip, faultServer, stall, stillHeld } from '../support/fault-server.ts';
import { quick, rejection } from '../support/wire-call.ts';

const watching = createClient({ ...quick, timeout: { body: 60 } });
/** Of what is here already, in a process that others hold up. */
const patient = createClient({ ...quick, timeout: { body: 250 } });

/** The stream of a body that is known to be there. */
function streamOf(response: Response): ReadableStream<Uint8Array> {
  if (!response.body) throw new Error('expected a body');
  return response.body;
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  let text = '';
  while (true) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
}

async function iterated(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of chunks) text += Buffer.from(chunk).toString();
  return text;
}

const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/** Every way of reading a body to its end. */
const ways: Record<string, (response: Response) => Promise<unknown>> = {
  'text()': (response) => response.text(),
  'json()': (response) => response.json(),
  'arrayBuffer()': (response) => response.arrayBuffer(),
  'blob()': (response) => response.blob(),
  'bytes()': (response) => response.bytes(),
  'a reader': (response) => readAll(streamOf(response)),
  'a reader of bytes': async (response) => {
    const reader = streamOf(response).getReader({ mode: 'byob' });
    while (!(await reader.read(new Uint8Array(64))).done);
  },
  'for await': (response) => iterated(streamOf(response)),
  'values()': (response) => iterated(streamOf(response).values()),
  'pipeTo()': (response) => streamOf(response).pipeTo(new WritableStream()),
  'pipeThrough()': (response) =>
    readAll(streamOf(response).pipeThrough(new TransformStream<Uint8Array, Uint8Array>())),
  'tee()': (response) => readAll(streamOf(response).tee()[1]),
  'clone().text()': (response) => response.clone().text(),
  'text() after clone()': (response) => {
    response.clone();
    return response.text();
  },
  'clone().clone().text()': (response) => response.clone().clone().text(),
  'Readable.fromWeb()': (response) =>
    iterated(Readable.fromWeb(streamOf(response) as Parameters<typeof Readable.fromWeb>[0])),
  'Readable.from()': (response) => iterated(Readable.from(streamOf(response))),
  'consumers.text()': (response) => consumers.text(streamOf(response)),
  'pipeline()': (response) => pipeline(streamOf(response), nowhere()),
  'new Response(body)': (response) => new Response(response.body).text(),
};

describe.concurrent('a body that stalls', () => {
  for (const [name, read] of Object.entries(ways)) {
    it(`is given up by ${name} after 60 ms of silence`, async () => {
      await using server = await faultServer([stall()]);
      const response = await watching(server.origin);
      expect(response.status).toBe(200);
      const start = performance.now();
      const error = await rejection(read(response));
      const elapsed = performance.now() - start;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ timeout: 'body', milliseconds: 60, origin: server.origin });
      expect(elapsed).toBeGreaterThanOrEqual(57);
      expect(elapsed).toBeLessThan(1_000);
      expect(server.requests).toHaveLength(1);
      expect(await stillHeld(server)).toBe(0);
    });
  }

  it('is given up by both of 2 readers of a clone', async () => {
    await using server = await faultServer([stall()]);
    const response = await watching(server.origin);
    const errors = await Promise.all([
      rejection(response.clone().text()),
      rejection(response.text()),
    ]);
    expect(errors).toMatchObject([{ timeout: 'body' }, { timeout: 'body' }]);
  });

  it('is waited for without `timeout.body`, past both other timeouts, until the caller stops: 250 ms', async () => {
    await using server = await faultServer([stall()]);
    const caller = new AbortController();
    const client = createClient({ timeout: { total: 100, attempt: 100 } });
    const response = await client(server.origin, { signal: caller.signal });
    const read = rejection(response.text());
    const first = await Promise.race([read, pass(250, 'still pending')]);
    expect(first).toBe('still pending');
    const reason = new Error('the page was left');
    caller.abort(reason);
    expect(await read).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
  });

  it('ends with the reason of the caller, where that comes before the 5,000 ms', async () => {
    await using server = await faultServer([stall()]);
    const caller = new AbortController();
    const response = await watching(server.origin, {
      signal: caller.signal,
      resilience: { timeout: { body: 5_000 } },
    });
    const read = rejection(response.text());
    await pass(20);
    const reason = { code: 1 };
    caller.abort(reason);
    expect(await read).toBe(reason);
    expect(await stillHeld(server)).toBe(0);
  });
});

describe.concurrent('a body that is slow', () => {
  it('is read to its end if it is never silent for 250 ms: 6 chunks in 360 ms', async () => {
    await using server = await faultServer([drip(200, 6, 60)]);
    const client = createClient({ timeout: { body: 250 } });
    const start = performance.now();
    const text = await (await client(server.origin)).text();
    expect(text).toBe('drop '.repeat(6));
    expect(performance.now() - start).toBeGreaterThan(250);
  });

  it('by its reader is no timeout: 3 waits of 300 ms against a limit of 250', async () => {
    await using server = await faultServer([answer(200, Buffer.alloc(1_000_000, 'x'))]);
    const reader = streamOf(await patient(server.origin)).getReader();
    let length = 0;
    for (let wait = 0; wait < 3; wait++) {
      length += (await reader.read()).value?.byteLength ?? 0;
      await pass(300);
    }
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      length += chunk.value.byteLength;
    }
    expect(length).toBe(1_000_000);
  });

  it('by its iterator is no timeout either: 3 waits of 300 ms', async () => {
    await using server = await faultServer([answer(200, Buffer.alloc(1_000_000, 'x'))]);
    let length = 0;
    let waits = 0;
    for await (const chunk of streamOf(await patient(server.origin))) {
      length += chunk.byteLength;
      if (waits++ < 3) await pass(300);
    }
    expect(length).toBe(1_000_000);
  });

  it('by the writer it is piped to is no timeout either: 3 waits of 300 ms', async () => {
    await using server = await faultServer([answer(200, Buffer.alloc(1_000_000, 'x'))]);
    let length = 0;
    let waits = 0;
    const slowly = new WritableStream<Uint8Array>({
      async write(chunk) {
        length += chunk.byteLength;
        if (waits++ < 3) await pass(300);
      },
    });
    await streamOf(await patient(server.origin)).pipeTo(slowly);
    expect(length).toBe(1_000_000);
  });

  it('and is left unread has no timeout at all: 120 ms, then it is read', async () => {
    await using server = await faultServer([answer(200, 'patience')]);
    const response = await watching(server.origin);
    await pass(120);
    expect(await response.text()).toBe('patience');
  });
});

describe('a watched Response', () => {
  /** All that one can see of a Response without reading it. */
  function visible(response: Response) {
    const { status, statusText, ok, url, redirected, type, bodyUsed } = response;
    return {
      ...{ status, statusText, ok, url, redirected, type, bodyUsed },
      headers: Object.fromEntries([...response.headers].filter(([name]) => name !== 'date')),
      isResponse: response instanceof Response,
      prototype: Object.getPrototypeOf(response) === Response.prototype,
      tag: Object.prototype.toString.call(response),
      keys: Object.keys(response),
      hasStream: response.body instanceof ReadableStream,
      streamKeys: Object.keys(streamOf(response)),
      locked: response.body?.locked,
    };
  }

  it('looks like the one of the plain fetch in 15 ways, behind a redirect too', async () => {
    const lines = [answer(302, '', { location: '/end' }), answer(404, 'lost', { 'x-a': 'b' })];
    await using server = await faultServer([...lines, ...lines]);
    const plain = await fetch(`${server.origin}/begin`);
    const watched = await watching(`${server.origin}/begin`);
    const seen = visible(watched);
    expect(seen).toEqual(visible(plain));
    expect(Object.keys(seen)).toHaveLength(15);
    expect(seen).toMatchObject({ url: `${server.origin}/end`, redirected: true, type: 'basic' });
    expect(() => watched.headers.set('x-a', 'c')).toThrow(TypeError);
    expect(() => plain.headers.set('x-a', 'c')).toThrow(TypeError);
    expect(await watched.text()).toBe(await plain.text());
    expect(watched.bodyUsed).toBe(plain.bodyUsed);
  });

  it('is locked, used and refused a 2nd reading as the plain one is', async () => {
    await using server = await faultServer([answer(200, 'once')]);
    const errors = [];
    for (const fetching of [fetch, watching]) {
      const response = await fetching(server.origin);
      expect(response.bodyUsed).toBe(false);
      expect(await response.text()).toBe('once');
      expect(response.bodyUsed).toBe(true);
      const error = (await rejection(response.text())) as Error;
      errors.push({ name: error.name, clone: thrown(() => response.clone()) });

      const other = await fetching(server.origin);
      const reader = streamOf(other).getReader();
      expect(other.body?.locked).toBe(true);
      errors.push({ name: thrown(() => streamOf(other).getReader()), clone: undefined });
      await reader.cancel();
      reader.releaseLock();
      expect(other.body?.locked).toBe(false);
    }
    expect(errors.slice(0, 2)).toEqual(errors.slice(2));
  });

  it('may be left in the middle of an iteration: the socket of an endless body closes', async () => {
    await using server = await faultServer([drip(200, Number.POSITIVE_INFINITY, 5)]);
    for await (const _ of streamOf(await watching(server.origin))) break;
    expect(await stillHeld(server)).toBe(0);
  });

  it('may be left by a Readable of Node that is destroyed: the socket of an endless body closes', async () => {
    await using server = await faultServer([drip(200, Number.POSITIVE_INFINITY, 5)]);
    const stream = streamOf(await watching(server.origin));
    const readable = Readable.fromWeb(stream as Parameters<typeof Readable.fromWeb>[0]);
    await new Promise((resolve) => readable.once('data', resolve));
    readable.destroy();
    expect(await stillHeld(server)).toBe(0);
  });

  it('is read by 2 readers, one after the other, without loss: 6 chunks', async () => {
    await using server = await faultServer([drip(200, 6, 10)]);
    const stream = streamOf(await watching(server.origin));
    const first = stream.getReader();
    const beginning = Buffer.from((await first.read()).value ?? []).toString();
    first.releaseLock();
    expect(stream.locked).toBe(false);
    expect(beginning + (await readAll(stream))).toBe('drop '.repeat(6));
  });

  it('is an empty one where there is no body: 204', async () => {
    await using server = await faultServer([(response) => response.writeHead(204).end()]);
    const response = await watching(server.origin);
    expect(response.body).toBe(null);
    expect(await response.text()).toBe('');
    expect(explain(response)?.attempts).toHaveLength(1);
  });

  function thrown(action: () => unknown): string | undefined {
    try {
      action();
    } catch (error) {
      return (error as Error).name;
    }
    return undefined;
  }
});
