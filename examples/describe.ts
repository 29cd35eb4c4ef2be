// What a client does with calls to an origin, in words, and who has set which figure.
import { createClient } from 'resilient-fetch';

const company = createClient({ name: 'company', timeout: { total: 8_000, attempt: 2_000 } });
const orders = company.extend({
  name: 'orders',
  baseUrl: 'https://orders.example.com/v2',
  headers: { authorization: 'Bearer secret' },
  preset: 'critical',
  hosts: {
    'reports.example.com': { timeout: { total: 60_000, attempt: 30_000 }, hedge: false },
    '*.partner.example': { retry: { maxRetries: 1, retryAfter: { scope: 'origin' } } },
  },
  fetch: async () => new Response(null, { status: 503 }),
});

console.log(orders.describe());

console.log('\nA host with a rule of its own, after a call that failed:\n');
await orders('https://reports.example.com/daily', { resilience: { retry: 1 } });
console.log(orders.describe('https://reports.example.com'));
