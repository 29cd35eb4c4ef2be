import { createClient, explain } from 'resilient-fetch';
import { expect, it } from 'vitest';
import { faultServer } from '../support/fault-server.ts';
import { causeCode, quick, rejection } from '../support/wire-call.ts';
import { selfSigned } from '../support/wire-certificate.ts';

for (const method of ['GET', 'POST']) {
  it(`a certificate that does not verify ends a ${method} after 1 connection, 0 requests`, async () => {
    await using server = await faultServer([200], { secure: selfSigned });
    const plain = await rejection(fetch(server.origin, { method }));
    const error = await rejection(createClient(quick)(server.origin, { method }));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toHaveProperty('message', (plain as Error).message);
    expect(causeCode(error)).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
    expect(causeCode(error)).toBe(causeCode(plain));
    expect(explain(error)?.attempts).toHaveLength(1);
    expect(explain(error)?.stopped).toBe('final');
    expect(server.connections).toBe(2);
    expect(server.requests).toHaveLength(0);
  });
}

it('plain http spoken to a TLS port ends a POST after 1 connection', async () => {
  await using server = await faultServer([200], { secure: selfSigned });
  const url = `http://127.0.0.1:${server.port}/`;
  const error = await rejection(createClient(quick)(url, { method: 'POST', body: 'order 1' }));
  expect(error).toHaveProperty('message', 'fetch failed');
  expect(explain(error)?.attempts).toHaveLength(1);
  expect(server.connections).toBe(1);
});
