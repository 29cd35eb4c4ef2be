import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  bringBack,
  configFor,
  type Example,
  Gateway,
  soon,
  startUpstreams,
} from '../support/gateway.ts';

const ports: Record<string, number> = {};
const processes = new Map<string, Example>();

async function start(name: string): Promise<void> {
  const started = await startUpstreams(`${name}:0`);
  if (!started) throw new Error(`${name} did not start`);
  processes.set(name, started.example);
  Object.assign(ports, started.ports);
}

async function kill(name: string): Promise<void> {
  await processes.get(name)?.[Symbol.asyncDispose]();
}

beforeAll(async () => {
  await Promise.all(['catalogue', 'pricing', 'recommendations'].map(start));
}, 20_000);
afterAll(async () => {
  await Promise.all([...processes.keys()].map(kill));
});

describe('the gateway in an outage', () => {
  it('is unready while a required upstream is dead, answers each request within 3,500 ms, and comes back by itself', async () => {
    await using gateway = await new Gateway(configFor(ports)).listening();
    expect((await gateway.page('7')).status).toBe(200);
    expect((await gateway.ready()).status).toBe(200);

    await kill('catalogue');
    const durations: number[] = [];
    const statuses = new Set<number>();
    const unready = await soon('it is unready', async () => {
      const began = performance.now();
      const answers = await Promise.all(['1', '2', '3'].map((id) => gateway.page(id)));
      durations.push(performance.now() - began);
      for (const { status } of answers) statuses.add(status);
      const { status, told } = await gateway.ready();
      return status === 503 ? told : undefined;
    });
    expect(Math.max(...durations)).toBeLessThan(3_500);
    expect([...statuses].filter((status) => status !== 502 && status !== 503)).toEqual([]);
    expect(unready).toMatchObject({
      ready: false,
      draining: false,
      dependencies: {
        catalogue: { required: true, ready: false },
        pricing: { required: true, ready: true },
      },
    });
    expect(JSON.stringify(unready)).toMatch(/127\.0\.0\.1:\d+: its circuit is (open|half-open)/);

    const refused = await soon('a request is refused', async () => {
      const answer = await gateway.page('4');
      return answer.status === 503 ? answer : undefined;
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200);

    // nobody sends anything from here on: as behind a balancer that has seen the 503
    processes.set('catalogue', await bringBack('catalogue', ports.catalogue ?? 0));
    await soon(
      'it is ready again',
      async () => (await gateway.ready()).status === 200 || undefined,
    );
    expect((await gateway.page('7')).status).toBe(200);
  }, 30_000);

  it('gives 2 pages without recommendations, the last good ones and the best sellers, and stays ready', async () => {
    await using gateway = await new Gateway(configFor(ports)).listening();
    const whole = await gateway.page('7');
    expect(whole.headers.get('x-degraded')).toBeNull();
    expect(await whole.json()).toMatchObject({ recommended: ['70', '71'] });

    await kill('recommendations');
    const known = await gateway.page('7');
    const unknown = await gateway.page('8');
    for (const { status, headers } of [known, unknown]) {
      expect([status, headers.get('x-degraded')]).toEqual([200, 'recommendations']);
    }
    expect(await known.json()).toMatchObject({ name: 'Product 7', recommended: ['70', '71'] });
    expect(await unknown.json()).toMatchObject({ name: 'Product 8', recommended: ['1', '2', '3'] });
    await soon('its circuit is open', async () => {
      await gateway.page('9');
      const { status, told } = await gateway.ready();
      expect(status).toBe(200);
      return JSON.stringify(told).includes('its circuit is') || undefined;
    });
    const { degraded } = (await soon('it says so', () => gateway.lines('request').at(-1))) ?? {};
    expect(degraded).toEqual(['recommendations']);
  }, 30_000);
});
