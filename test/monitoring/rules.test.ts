import { expect, test } from 'vitest';
import { instruments } from '../../src/adapters/instruments.ts';
import { exportedNames } from './exported-names.ts';
import { alertTests, rulesOf } from './kit.ts';
import { faultsIn } from './names.ts';
import { asked } from './promql.ts';

const recording = rulesOf('recording');
const alerts = rulesOf('alerts');

/** The labels of what a rule records: those that it groups by, or those of what it is made of. */
const recorded = new Map<string, readonly string[]>();
for (const { record = '', expr } of recording) {
  const { selectors, grouping } = asked(expr);
  const own = grouping.filter((label) => label !== 'le');
  const made = selectors.flatMap(({ name }) => recorded.get(name) ?? []);
  recorded.set(record, [...new Set([...own, ...made])]);
}

const names = exportedNames();

test('rules are held to what is exported of all 20 metrics', () => {
  const asPrometheusNamesIt = (name: string) => name.replaceAll('.', '_');
  const families = [...names.keys()].map((name) => name.replace(/_(total|bucket|count|sum)$/, ''));
  const own = families.filter((name) => name !== 'target_info');
  expect(new Set(own)).toEqual(new Set(Object.keys(instruments).map(asPrometheusNamesIt)));
  expect(new Set(own).size).toBe(20);
});

test.each(recording)('$record asks for 0 names that are not exported', ({ expr }) => {
  expect(faultsIn(expr, names, recorded)).toEqual([]);
});

test.each(alerts)('$alert asks for 0 names that are not exported', ({ expr, annotations = {} }) => {
  expect(faultsIn(expr, names, recorded)).toEqual([]);
  const { selectors, grouping } = asked(expr);
  const labels = [...grouping, ...selectors.flatMap(({ name }) => recorded.get(name) ?? [])];
  const told = [
    ...Object.values(annotations)
      .join(' ')
      .matchAll(/\$labels\.(\w+)/g),
  ];
  expect(told.length).toBeGreaterThan(2);
  expect(told.filter(([, label = '']) => !labels.includes(label))).toEqual([]);
});

test.each(alerts)('$alert has its 4 parts: how long, how bad, what, and what to do', (alert) => {
  expect(alert.for).toMatch(/^\d+[mh]$/);
  expect(['critical', 'warning']).toContain(alert.labels?.severity);
  expect(alert.annotations?.summary).toMatch(/\$labels\.resilient_fetch_client/);
  expect(alert.annotations?.description?.length).toBeGreaterThan(80);
});

test.each(alerts)('$alert is tested as it fires, and as it does not: once at least', (alert) => {
  const outcomes = alertTests().filter(({ alertname }) => alertname === alert.alert);
  const firing = outcomes.filter(({ exp_alerts = [] }) => exp_alerts.length > 0);
  expect(firing.length).toBeGreaterThanOrEqual(1);
  expect(outcomes.length - firing.length).toBeGreaterThanOrEqual(1);
});

test('16 numbers are recorded, each under a name of its own that begins with its level', () => {
  expect(recorded.size).toBe(recording.length);
  expect(recording).toHaveLength(16);
  for (const name of recorded.keys()) expect(name).toMatch(/^(origin|server):\w+:\w+$/);
});

test.each([
  ['resilient_fetch_retrys_total', 'resilient_fetch_retrys_total is not exported'],
  [
    'resilient_fetch_retries_seconds_total',
    'resilient_fetch_retries_seconds_total is not exported',
  ],
  [
    'rate(resilient_fetch_hedges_total{resilient_fetch_reason="503"}[5m])',
    'resilient_fetch_hedges_total has no label resilient_fetch_reason',
  ],
  [
    'resilient_fetch_circuit_state{resilient_fetch_circuit_state="opened"}',
    'resilient_fetch_circuit_state has no resilient_fetch_circuit_state like opened',
  ],
  ['sum by (job, server) (resilient_fetch_queue_length)', 'nothing in it has the label server'],
])('would find 1 fault in %s', (expression, fault) => {
  expect(faultsIn(expression, names, recorded)).toEqual([fault]);
});
