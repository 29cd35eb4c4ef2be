import { once } from 'node:events';
import {
  createSecureServer,
  constants as http2,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { quick, rejection } from '../support/wire-call.ts';
import { selfSigned } from '../support/wire-certificate.ts';

const speaks2 = { ...quick, pool: { agent: { allowH2: true, connect: { ca: selfSigned.cert } } } };
const order = { method: 'POST', body: 'order 1' };

type Line = (stream: ServerHttp2Stream) => void;

const ok: Line = (stream) => {
  stream.respond({ ':status': 200 });
  stream.end('answer');
};
const fail: Line = (stream) => stream.close(http2.NGHTTP2_INTERNAL_ERROR);
const refuse: Line = (stream) => stream.close(http2.NGHTTP2_REFUSED_STREAM);
/** Takes leave, and says of the request that it came too late to be looked at. */
const leave: Line = ({ session, id = 0 }) => session?.goaway(http2.NGHTTP2_NO_ERROR, id - 2);
const cut: Line = (stream) => {
  stream.respond({ ':status': 200, etag: '"one"', 'content-length': 8 });
  stream.write('half', () => setTimeout(fail, 20, stream));
};
const rest: Line = (stream) => {
  stream.respond({ ':status': 206, etag: '"one"', 'content-range': 'bytes 4-7/8' });
  stream.end('rest');
};

/** A server that speaks nothing else and follows a script, the last line of it for all that come after. */
async function server(lines: readonly Line[]) {
  const methods: string[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const opened = createSecureServer(selfSigned);
  opened.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    const line = lines[Math.min(methods.length, lines.length - 1)];
    methods.push(String(headers[':method']));
    stream.resume().on('end', () => line?.(stream));
  });
  opened.on('session', (session) => sessions.add(session));
  opened.on('sessionError', () => {});
  await once(opened.listen(0, '127.0.0.1'), 'listening');
  return {
    origin: `https://127.0.0.1:${(opened.address() as AddressInfo).port}`,
    methods,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      await new Promise<void>((resolve) => opened.close(() => resolve()));
    },
  };
}

describe('pool.agent.allowH2', () => {
  it('has a fetch speak HTTP/2 to a server that knows nothing else: 200', async () => {
    await using only2 = await server([ok]);
    await using client = createClient(speaks2);
    const response = await client(only2.origin, order);
    expect(await response.text()).toBe('answer');
    expect(only2.methods).toEqual(['POST']);
  });
});

describe('over HTTP/2', () => {
  for (const [name, line] of Object.entries({ GOAWAY: leave, REFUSED_STREAM: refuse })) {
    it(`a POST that a ${name} says was not looked at is sent a 2nd time`, async () => {
      await using refusing = await server([ok, line, ok]);
      await using client = createClient(speaks2);
      await (await client(refusing.origin)).text();
      const response = await client(refusing.origin, order);
      expect(await response.text()).toBe('answer');
      expect(refusing.methods).toEqual(['GET', 'POST', 'POST']);
    });
  }

  it('a POST that was refused 2 times, after which undici gives it up, is our 2nd attempt', async () => {
    await using refusing = await server([refuse, refuse, ok]);
    await using client = createClient(speaks2);
    const response = await client(refusing.origin, order);
    expect(await response.text()).toBe('answer');
    expect(explain(response)?.attempts).toHaveLength(2);
    expect(refusing.methods).toEqual(['POST', 'POST', 'POST']);
  });

  it('a GET whose stream is reset is sent a 2nd time', async () => {
    await using failing = await server([fail, ok]);
    await using client = createClient(speaks2);
    const response = await client(failing.origin);
    expect(await response.text()).toBe('answer');
    expect(failing.methods).toEqual(['GET', 'GET']);
  });

  it('a POST whose stream is reset is sent 1 time, since it may have been acted on', async () => {
    await using failing = await server([fail, ok]);
    await using client = createClient(speaks2);
    const error = await rejection(client(failing.origin, order));
    expect(explain(error)).toMatchObject({ outcome: 'ERR_HTTP2_STREAM_ERROR', stopped: 'method' });
    expect(failing.methods).toEqual(['POST']);
  });

  it('a body that is cut after 4 of 8 bytes is read on', async () => {
    await using cutting = await server([cut, rest]);
    await using client = createClient({ ...speaks2, retry: { ...quick.retry, resume: true } });
    const response = await client(cutting.origin);
    expect(await response.text()).toBe('halfrest');
    expect(cutting.methods).toEqual(['GET', 'GET']);
  });
});
