import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { measure } from '../monitoring/exported.ts';
import { dashboard } from '../monitoring/grafana-schema.ts';
import { dashboardFile, rulesOf } from '../monitoring/kit.ts';
import { openScene, type Scene } from '../monitoring/scene.ts';
import { Prometheus } from './prometheus.ts';

// A real Prometheus scrapes this process while its clients call servers that fail.

let exporter: PrometheusExporter;
let metrics: Server;
let scene: Scene;
let prometheus: Prometheus;
let going = true;
let traffic: Promise<void>;

beforeAll(async () => {
  exporter = measure();
  metrics = createServer((request, response) =>
    exporter.getMetricsRequestHandler(request, response),
  );
  metrics.listen(0, '127.0.0.1');
  await once(metrics, 'listening');
  prometheus = await Prometheus.start(`127.0.0.1:${(metrics.address() as AddressInfo).port}`);
  scene = await openScene();
  traffic = (async () => {
    while (going) await scene.round();
  })();
});

afterAll(async () => {
  going = false;
  await traffic;
  await prometheus?.stop();
  await scene?.close();
  metrics.closeAllConnections();
  metrics.close();
  await exporter.shutdown();
});

const soon = { timeout: 20_000, interval: 250 };
const numbers = async (expression: string) =>
  (await prometheus.query(expression)).map(({ value }) => value);

test('records all 16 numbers: the success ratio of a dead origin is 0, and 1 where retries help', async () => {
  const names = rulesOf('recording').map(({ record = '' }) => record);
  const unknown = async () => {
    const found = await Promise.all(names.map((name) => numbers(name)));
    return names.filter((_, index) => !found[index]?.some((value) => value >= 0));
  };
  await expect.poll(unknown, soon).toEqual([]);
  const ratio = 'origin:resilient_fetch_calls_succeeded:ratio_rate5m';
  const ratioOf = (client: string) => () => numbers(`${ratio}{resilient_fetch_client="${client}"}`);
  await expect.poll(ratioOf('stock'), soon).toEqual([0]);
  await expect.poll(ratioOf('orders'), soon).toEqual([1]);
});

test('has data for each query of all 22 charts of the dashboard', async () => {
  const { panels } = v.parse(dashboard, dashboardFile());
  const charts = panels.filter((panel) => panel.type !== 'row');
  expect(charts).toHaveLength(22);
  const queries = charts.flatMap(({ title, targets }) =>
    targets.map(({ refId, expr }) => ({
      from: `${title} ${refId}`,
      expression: expr.replaceAll(/\$(client|server)/g, '.+').replaceAll('$__rate_interval', '10s'),
    })),
  );
  const empty = async () => {
    const found = await Promise.all(queries.map(({ expression }) => numbers(expression)));
    return queries
      .filter((_, index) => !found[index]?.some((value) => Number.isFinite(value)))
      .map(({ from }) => from);
  };
  await expect.poll(empty, soon).toEqual([]);
});

test('fires 1 alert for the open circuit, and says which it is', async () => {
  const firing = async () => {
    const alerts = await prometheus.alerts();
    const open = alerts.filter(({ labels }) => labels.alertname === 'ResilientFetchCircuitOpen');
    return open.map(({ state, annotations }) => `${state}: ${annotations.summary}`);
  };
  const { hostname, port } = scene.dead;
  const said = `firing: Circuit open: stock → ${hostname}:${port}`;
  await expect.poll(firing, soon).toEqual([said]);
});

test('shows the dead origin’s circuit as open, and the 9 others as closed', async () => {
  const open = await prometheus.query(
    'resilient_fetch_circuit_state{resilient_fetch_circuit_state="open"} == 1',
  );
  expect(open.map(({ labels }) => labels.server_port)).toEqual([scene.dead.port]);
  const closed =
    'count(resilient_fetch_circuit_state{resilient_fetch_circuit_state="closed"} == 1)';
  expect(await numbers(closed)).toEqual([9]);
});

test('finds by the buckets of calls that half of those through a single slot take 0.25 s and more', async () => {
  const slow = (quantile: number) =>
    numbers(
      `histogram_quantile(${quantile}, sum by (le) (rate(resilient_fetch_call_duration_bucket{resilient_fetch_client="narrow", error_type=""}[10s])))`,
    );
  const [median = 0] = await slow(0.5);
  expect(median).toBeGreaterThan(0.25);
  expect(median).toBeLessThan(2.5);
});

test('counts 0 retries more and 0 fewer than the server saw, when all is over', async () => {
  going = false;
  await traffic;
  const { calls, requests } = scene.orders;
  expect(requests - calls).toBeGreaterThan(10);
  const retries = 'sum(resilient_fetch_retries_total{resilient_fetch_client="orders"})';
  await expect.poll(() => numbers(retries), soon).toEqual([requests - calls]);
  const ended = 'sum(resilient_fetch_call_duration_count{resilient_fetch_client="orders"})';
  expect(await numbers(ended)).toEqual([calls]);
});
