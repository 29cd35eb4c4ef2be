import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { bytes, faultServer, type Line, reset, resetOnAccept } from '../support/fault-server.ts';
import { causeCode, quick, rejection } from '../support/wire-call.ts';

const headersCutShort = 'HTTP/1.1 200 OK\r\ncontent-le';

const faults: Record<string, Line> = {
  'a reset right after the accept': resetOnAccept,
  'a reset instead of an answer': reset,
  'a reset inside the headers': bytes(headersCutShort, 'RST'),
  'a FIN instead of an answer': bytes('', 'FIN'),
  'a FIN inside the headers': bytes(headersCutShort, 'FIN'),
  'a status line of garbage': bytes('HTTP/1.1 OK 200\r\n\r\n'),
  'an answer that is not HTTP': bytes('220 mail.example.com ESMTP\r\n'),
};

for (const [name, fault] of Object.entries(faults)) {
  describe(name, () => {
    it('makes a GET 4 connections, and its own error the outcome', async () => {
      await using server = await faultServer([fault]);
      const error = await rejection(createClient(quick)(server.origin));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', 'fetch failed');
      expect(error).toHaveProperty('cause');
      expect(server.connections).toBe(4);
      expect(explain(error)).toMatchObject({ stopped: 'retries-exhausted' });
      expect(explain(error)?.attempts).toHaveLength(4);
    });

    it('is survived by a GET when the server behaves from the 3rd connection on', async () => {
      await using server = await faultServer([fault, fault, 200]);
      const response = await createClient(quick)(server.origin);
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('answer 200');
      expect(server.connections).toBe(3);
      expect(explain(response)?.attempts).toHaveLength(3);
    });

    it('ends a POST after exactly 1 connection', async () => {
      await using server = await faultServer([fault, 200]);
      const error = await rejection(
        createClient(quick)(server.origin, { method: 'POST', body: 'order 1' }),
      );
      expect(error).toHaveProperty('message', 'fetch failed');
      expect(server.connections).toBe(1);
      expect(explain(error)?.attempts).toHaveLength(1);
      expect(explain(error)?.stopped).toBe('method');
    });
  });
}

describe('a reset instead of an answer', () => {
  it('reaches the caller with its code, ECONNRESET, on the cause and nowhere else', async () => {
    await using server = await faultServer([reset]);
    const error = await rejection(createClient(quick)(server.origin));
    expect(causeCode(error)).toBe('ECONNRESET');
    expect(error).not.toHaveProperty('code');
  });

  it('makes a PUT send the same 7 bytes 2 times', async () => {
    await using server = await faultServer([reset, 200]);
    await createClient(quick)(server.origin, { method: 'PUT', body: 'order 1' });
    expect(server.requests.map(({ body }) => String(body))).toEqual(['order 1', 'order 1']);
  });

  it('makes a POST with an Idempotency-Key send body and key 2 times', async () => {
    await using server = await faultServer([reset, 200]);
    const init = { method: 'POST', body: 'order 1', resilience: { idempotencyKey: true } };
    const response = await createClient(quick)(server.origin, init);
    expect(response.status).toBe(200);
    const [first, second] = server.requests;
    expect(server.requests).toHaveLength(2);
    expect(first?.headers['idempotency-key']).toMatch(/^[\da-f-]{36}$/);
    expect(second?.headers['idempotency-key']).toBe(first?.headers['idempotency-key']);
    expect(String(second?.body)).toBe('order 1');
  });
});
