import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configFor, Example, Gateway, soon, startUpstreams } from '../support/gateway.ts';

let upstreams: Example;
let ports: Record<string, number>;

beforeAll(async () => {
  const started = await startUpstreams('catalogue:0', 'pricing:0', 'recommendations:0');
  if (!started) throw new Error('the upstreams did not start');
  ({ example: upstreams, ports } = started);
}, 20_000);
afterAll(() => upstreams[Symbol.asyncDispose]());

/** Waits until the catalogue was asked for a product. */
const asksFor = (id: string) =>
  soon(`the catalogue is asked for ${id}`, () => {
    return upstreams.said.includes(`catalogue: GET /products/${id}`) || undefined;
  });

/** An attempt of the catalogue gets so long: less than the 600 ms that the product `late` takes, or more. */
const attempt = (milliseconds: number) => ({
  catalogue: {
    timeout: { total: 2_500, attempt: milliseconds },
    retry: false,
    circuitBreaker: false,
  },
});

describe('SIGHUP', () => {
  it('applies a good file as a whole, of 3 bad ones nothing, and keeps the port where 1 says another', async () => {
    await using gateway = await new Gateway(configFor(ports, attempt(200))).listening();
    const late = async () => (await gateway.page('late')).status;
    expect(await late()).toBe(504);

    // what is no longer in the file is as if it had never been
    const good = configFor(ports, { catalogue: { timeout: undefined } });
    expect(await gateway.reload(good)).toMatchObject({ msg: 'configuration reloaded' });
    expect(await late()).toBe(200);

    const bad = configFor(ports, { ...attempt(200), pricing: { retries: 3, timeout: -1 } });
    const refused = await gateway.reload({ ...bad, deadline: 'soon', extra: true });
    expect(refused).toMatchObject({ msg: 'configuration refused, the old one stays' });
    expect(refused.faults).toEqual([
      'deadline: expected milliseconds from 1 to 600000',
      'extra: expected no such key',
      expect.stringContaining('upstreams.pricing.client.timeout: expected milliseconds'),
      'upstreams.pricing.client.retries: unknown option; did you mean retry?',
    ]);
    expect(await late()).toBe(200);

    const pooled = configFor(ports, { ...attempt(200), pricing: { pool: true } });
    expect((await gateway.reload(pooled)).faults).toEqual([
      "upstreams.pricing.client.pool: expected what it was: it can't be changed",
    ]);
    expect(await late()).toBe(200);

    const torn = await gateway.reload('{ "token": "hush"');
    expect(torn.faults).toEqual([expect.stringMatching(/^configuration: expected JSON/)]);
    expect(gateway.said.join('\n')).not.toContain('hush');
    expect(await late()).toBe(200);

    const moved = await gateway.reload(configFor(ports, {}, { port: 1 }));
    expect(moved.faults).toEqual(['port: expected 0 until the next start']);
  }, 30_000);
});

describe('SIGTERM', () => {
  it('under load fails 0 of the requests that were taken, says 503 at /ready first, and exits with 0', async () => {
    const gateway = await new Gateway(configFor(ports)).listening();
    await using _ = gateway;
    const readiness: number[] = [];
    let told = true;
    const balancer = (async () => {
      while (told) {
        readiness.push((await gateway.ready().catch(() => ({ status: 0 }))).status);
        told = readiness.at(-1) === 200;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    const statuses: unknown[] = [];
    const callers = Array.from({ length: 16 }, async (_, caller) => {
      while (told) {
        const id = caller < 4 ? 'late' : String(caller);
        const status = await gateway.page(id).then(
          async (answer) => (await answer.json()) && answer.status,
          (error) => error.cause?.code ?? error,
        );
        statuses.push(status);
      }
    });
    await soon('it is under load', () => (statuses.length > 50 ? true : undefined));
    const before = statuses.length;
    gateway.child.kill('SIGTERM');
    await Promise.all([balancer, ...callers]);

    expect(readiness.at(-1)).toBe(503);
    expect(await gateway.closed).toBe(0);
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(statuses.length).toBeGreaterThan(before);
    const finished = gateway.lines('request').filter(({ status }) => status === 200);
    expect(finished).toHaveLength(statuses.length);
    expect(gateway.lines('drained')).toHaveLength(1);
  }, 30_000);

  it('lets 1 request finish that takes 600 ms, and ends its connection', async () => {
    await using gateway = await new Gateway(configFor(ports)).listening();
    const asked = gateway.page('late-1');
    await asksFor('late-1');
    gateway.child.kill('SIGTERM');
    const answer = await asked;
    expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
    expect(await gateway.closed).toBe(0);
  }, 20_000);

  it('cuts off after 200 ms what takes 5,000, and still exits with 0', async () => {
    const config = configFor(ports, {}, { drain: { notice: 0, bound: 200 } });
    await using gateway = await new Gateway(config).listening();
    const asked = gateway.page('slow-1').catch((error) => error);
    await asksFor('slow-1');
    const began = performance.now();
    gateway.child.kill('SIGTERM');
    expect(await gateway.closed).toBe(0);
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(gateway.lines('the drain took too long')).toMatchObject([{ cut: 1 }]);
    await asked;
  }, 20_000);
});

describe('--check', () => {
  it('takes the example’s own file with 0, and refuses a wrong one with 1', async () => {
    await using own = new Example('main.ts', ['--check']);
    await using none = new Example('main.ts', ['--check', 'no-such-file.json']);
    expect([await own.closed, await none.closed]).toEqual([0, 1]);
    expect(none.said.join('')).toContain('no start');
  }, 20_000);
});
