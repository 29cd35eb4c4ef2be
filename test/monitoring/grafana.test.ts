import * as v from 'valibot';
import { expect, test } from 'vitest';
import { instruments } from '../../src/adapters/instruments.ts';
import { exportedNames } from './exported-names.ts';
import { dashboard } from './grafana-schema.ts';
import { dashboardFile } from './kit.ts';
import { faultsIn } from './names.ts';
import { asked } from './promql.ts';

const { panels, templating, annotations } = v.parse(dashboard, dashboardFile());
const charts = panels.filter((panel) => panel.type !== 'row');
const queries = [
  ...charts.flatMap(({ title, targets }) =>
    targets.map(({ refId, expr, legendFormat }) => ({
      from: `${title} ${refId}`,
      expr,
      legendFormat,
    })),
  ),
  ...annotations.list.map(({ name, expr, textFormat }) => ({
    from: name,
    expr,
    legendFormat: textFormat,
  })),
];

const names = exportedNames();

test('has 22 charts, each with an id and a title of its own', () => {
  expect(charts).toHaveLength(22);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length);
});

test('has 0 panels that lie over each other or out of the grid of 24 columns', () => {
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBe(24);
});

test.each(queries)('$from asks for 0 names that are not exported', ({ expr, legendFormat }) => {
  expect(faultsIn(expr, names)).toEqual([]);
  const told = [...legendFormat.matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label = '']) => label);
  expect(told.filter((label) => !asked(expr).grouping.includes(label))).toEqual([]);
});

test('shows each of the 20 metrics in a chart', () => {
  const shown = charts
    .flatMap(({ targets }) => targets.flatMap(({ expr }) => asked(expr).selectors))
    .map(({ name }) => name.replace(/_(total|bucket|count|sum)$/, ''));
  const own = Object.keys(instruments).map((name) => name.replaceAll('.', '_'));
  expect(own).toHaveLength(20);
  expect(own.filter((name) => !shown.includes(name))).toEqual([]);
});

test('asks for the server in each query, and for the client wherever the 19 own metrics have it', () => {
  for (const { expr } of queries) {
    for (const { name, matchers } of asked(expr).selectors) {
      const labels = matchers.map(({ label, value }) => `${label} ${value}`);
      expect(labels).toContain('server_address $server');
      if (names.get(name)?.has('resilient_fetch_client'))
        expect(labels).toContain('resilient_fetch_client $client');
    }
  }
});

test('fills its 2 variables from labels that are exported', () => {
  const asksFor = templating.list.filter((one) => one.type === 'query');
  expect(asksFor.map(({ name }) => name)).toEqual(['client', 'server']);
  for (const { query, definition } of asksFor) {
    expect(definition).toBe(query.query);
    const [, expression = '', label = ''] = /^label_values\((.+), (\w+)\)$/.exec(query.query) ?? [];
    expect(faultsIn(`sum by (${label}) (${expression})`, names)).toEqual([]);
  }
});

test('names each state of a circuit that its timeline can be in, 4 of them', () => {
  const timeline = charts.find(({ type }) => type === 'state-timeline');
  const [mapping] = timeline?.fieldConfig.defaults.mappings ?? [];
  const told = Object.values(mapping?.options ?? {}).map(({ text }) => text);
  const states = names.get('resilient_fetch_circuit_state')?.get('resilient_fetch_circuit_state');
  expect(new Set(told)).toEqual(states);
  expect(told).toHaveLength(4);
});
