import { createClient, explain } from 'resilient-fetch';
import { describe, expect, it } from 'vitest';
import { bytes, faultServer } from '../support/fault-server.ts';
import { causeCode, quick, rejection } from '../support/wire-call.ts';

const known = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nthe beginning';
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';

const faults = {
  'a FIN in a body of known length': { line: bytes(known, 'FIN'), codes: ['UND_ERR_SOCKET'] },
  'a reset in a body of known length': { line: bytes(known, 'RST'), codes: ['ECONNRESET'] },
  'a FIN between 2 chunks': {
    line: bytes(`${chunked}3\r\none\r\n`, 'FIN'),
    codes: ['UND_ERR_SOCKET'],
  },
  'a chunk without a length': {
    line: bytes(`${chunked}zz\r\none\r\n`),
    codes: [undefined, 'HPE_INVALID_CHUNK_SIZE'],
  },
};

for (const [name, { line, codes }] of Object.entries(faults)) {
  describe(name, () => {
    it('rejects the read and not the call: status 200, 1 request', async () => {
      await using server = await faultServer([line]);
      const response = await createClient(quick)(server.origin);
      expect(response.status).toBe(200);
      const error = await rejection(response.text());
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', 'terminated');
      expect(codes).toContain(causeCode(error));
      expect(server.requests).toHaveLength(1);
      expect(explain(response)).toMatchObject({ stopped: 'final' });
    });

    it('is told by the same error when `timeout.body` watches', async () => {
      await using server = await faultServer([line]);
      const client = createClient({ ...quick, timeout: { body: 5_000 } });
      const error = await rejection((await client(server.origin)).text());
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toHaveProperty('message', 'terminated');
      expect(codes).toContain(causeCode(error));
      expect(server.requests).toHaveLength(1);
    });
  });
}
