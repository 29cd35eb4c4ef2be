import { Readable } from 'node:stream';
import { setTimeout as pass } from 'node:timers/promises';
import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { bytes, faultServer, type Line, reset, stillHeld } from '../support/fault-server.ts';
import { causeCode, quick, rejection, streamed } from '../support/wire-call.ts';

const text = 'one two three';
const chunks = ['one ', 'two ', 'three'];

/** Bodies that give their chunks one after another, and can't be sent again. */
const bodies: Record<string, () => unknown> = {
  'an async generator': async function* generator() {
    for (const chunk of chunks) {
      await pass(1);
      yield chunk;
    }
  },
  'a ReadableStream': () => new Blob(chunks).stream(),
  'a Readable of Node': () => Readable.from(chunks.map((chunk) => Buffer.from(chunk))),
};

const put = (body: unknown) => streamed('PUT', body);

for (const [name, make] of Object.entries(bodies)) {
  describe(name, () => {
    it('arrives whole in 1 request', async () => {
      await using server = await faultServer([200]);
      const response = await createClient(quick)(server.origin, put(make()));
      expect(response.status).toBe(200);
      expect(server.requests.map(({ body }) => String(body))).toEqual([text]);
    });

    it('that was answered 503 is not sent again: 1 request, and the 503 itself', async () => {
      await using server = await faultServer([503, 200]);
      const response = await createClient(quick)(server.origin, put(make()));
      expect(response.status).toBe(503);
      expect(await response.text()).toBe('answer 503');
      expect(explain(response)?.stopped).toBe('body');
      expect(server.requests.map(({ body }) => String(body))).toEqual([text]);
    });

    it('that was answered by a reset is not sent again: 1 request, and ECONNRESET', async () => {
      await using server = await faultServer([reset, 200]);
      const error = await rejection(createClient(quick)(server.origin, put(make())));
      expect(error).toHaveProperty('message', 'fetch failed');
      expect(causeCode(error)).toBe('ECONNRESET');
      expect(explain(error)?.stopped).toBe('body');
      expect(server.requests.map(({ body }) => String(body))).toEqual([text]);
      expect(server.connections).toBe(1);
    });

    it('that was answered by a FIN is not sent again: 1 request, and UND_ERR_SOCKET', async () => {
      await using server = await faultServer([bytes('', 'FIN'), 200]);
      const error = await rejection(createClient(quick)(server.origin, put(make())));
      expect(causeCode(error)).toBe('UND_ERR_SOCKET');
      expect(explain(error)?.stopped).toBe('body');
      expect(server.connections).toBe(1);
    });
  });
}

describe('a body that is still being sent', () => {
  /** Gives a chunk at once and the next ones only later; counts how often it was begun. */
  function slowly() {
    const source = { begun: 0 };
    async function* generate() {
      source.begun++;
      for (const chunk of chunks) {
        yield chunk;
        await pass(60);
      }
    }
    return { source, body: generate() };
  }

  it('when the connection is reset is begun 1 time, and nothing is sent again: 1 request', async () => {
    const resetSoon: Line = {
      onHead: (_, socket) => void setTimeout(() => socket.resetAndDestroy(), 30),
    };
    await using server = await faultServer([resetSoon, 200]);
    const { source, body } = slowly();
    const error = await rejection(createClient(quick)(server.origin, put(body)));
    expect(error).toHaveProperty('message', 'fetch failed');
    expect(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']).toContain(causeCode(error));
    expect(explain(error)?.stopped).toBe('body');
    expect(source.begun).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(text.startsWith(String(server.requests[0]?.body))).toBe(true);
  });

  it('when a 503 comes early is returned that 503: 1 request', async () => {
    const refuse: Line = {
      onHead: (response) => {
        response.writeHead(503, { 'content-length': 2, connection: 'close' });
        response.end('no');
      },
    };
    await using server = await faultServer([refuse, 200]);
    const { source, body } = slowly();
    const response = await createClient(quick)(server.origin, put(body));
    expect(response.status).toBe(503);
    expect(explain(response)?.stopped).toBe('body');
    expect(server.requests).toHaveLength(1);
    expect(source.begun).toBe(1);
  });

  it('ends with its own error when the source throws: 1 request, not retried', async () => {
    await using server = await faultServer([200]);
    const broken = new Error('the disk is gone');
    async function* body() {
      yield 'one ';
      throw broken;
    }
    const error = await rejection(createClient(quick)(server.origin, put(body())));
    expect(error).toHaveProperty('cause', broken);
    expect(explain(error)?.attempts).toHaveLength(1);
    expect(await stillHeld(server)).toBe(0);
  });
});

describe('a stream of a call that was over before it was asked for', () => {
  const held = () => {
    const cancelled: unknown[] = [];
    const body = new ReadableStream({ cancel: (reason) => void cancelled.push(reason) });
    return { body, cancelled };
  };

  it('is cancelled 1 time with the reason of the caller who aborted, as fetch does', async () => {
    await using server = await faultServer([200]);
    const { body, cancelled } = held();
    const signal = AbortSignal.abort('left');
    const call = createClient(quick)(server.origin, { ...put(body), signal });
    expect(await rejection(call)).toBe('left');
    expect(cancelled).toEqual(['left']);
    expect(body.locked).toBe(false);
  });

  it('is cancelled 1 time where the circuit is open', async () => {
    await using server = await faultServer([200]);
    const { body, cancelled } = held();
    const client = createClient(quick);
    client.circuit(server.origin).open();
    const error = await rejection(client(server.origin, put(body)));
    expect(error).toMatchObject({ name: 'CircuitOpenError' });
    expect(cancelled).toEqual([error]);
    expect(body.locked).toBe(false);
  });
});
