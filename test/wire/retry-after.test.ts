import { createClient, explain } from 'resilient-fetch';
import { expect, it } from 'vitest';
import { answer, faultServer } from '../support/fault-server.ts';
import { quick } from '../support/wire-call.ts';

it('Retry-After: 1 is waited for by a GET with 503 and a POST with 429: 1,000 to 1,900 ms', async () => {
  const times = await Promise.all(
    [
      { method: 'GET', status: 503 },
      { method: 'POST', status: 429 },
    ].map(async ({ method, status }) => {
      await using server = await faultServer([answer(status, '', { 'retry-after': '1' }), 200]);
      const start = performance.now();
      const response = await createClient(quick)(server.origin, { method });
      const elapsed = performance.now() - start;
      expect(response.status).toBe(200);
      expect(server.requests).toHaveLength(2);
      expect(explain(response)?.attempts[0]?.source).toBe('retry-after');
      return elapsed;
    }),
  );
  for (const time of times) {
    expect(time).toBeGreaterThanOrEqual(1_000);
    expect(time).toBeLessThan(1_900);
  }
});
