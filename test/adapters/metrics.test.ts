import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { instruments } from '../../src/adapters/instruments.ts';
import type { OriginReading } from '../../src/adapters/measurements.ts';
import { addFamily, type Family, Metrics } from '../../src/adapters/metrics.ts';
import { until } from '../support/wire-call.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

type Told = [name: string, value: number, facts: object | undefined];

/** A meter that writes down what it is asked for and told. */
function meterOf() {
  const made: [kind: string, name: string, options: object][] = [];
  const told: Told[] = [];
  let report: ((result: object) => void) | undefined;
  let observed: unknown[] = [];
  const make = (kind: string) => (name: string, options: object) => {
    made.push([kind, name, options]);
    const tell = (value: number, facts?: object) => void told.push([name, value, facts]);
    return kind === 'counter' ? { add: tell } : kind === 'histogram' ? { record: tell } : { name };
  };
  const meter = {
    createCounter: make('counter'),
    createHistogram: make('histogram'),
    createObservableGauge: make('gauge'),
    addBatchObservableCallback(callback: (result: object) => void, gauges: unknown[]) {
      report = callback;
      observed = gauges;
    },
  };
  return {
    meter: meter as unknown as ConstructorParameters<typeof Metrics>[0],
    made,
    told,
    observed: () => observed,
    /** What the gauges are of one client. */
    look(client: string): Told[] {
      const seen: Told[] = [];
      report?.({
        observe: (gauge: { name: string }, value: number, facts: object) =>
          seen.push([gauge.name, value, facts]),
      });
      return seen.filter(([, , facts]) => {
        return (facts as Record<string, unknown>)['resilient_fetch.client'] === client;
      });
    },
  };
}

const reading: OriginReading = {
  circuit: 'closed',
  inFlight: 2,
  retryBudget: null,
  concurrency: null,
};
const familyOf = (name: string, changes: Partial<OriginReading> = {}): Family => ({
  name,
  readings: () => [['https://api.test', { ...reading, ...changes }]],
});

describe('the metrics', () => {
  test('make each of the 20 instruments once, as it is described', () => {
    const { meter, made, observed } = meterOf();
    new Metrics(meter);
    expect(made.map(([kind, name]) => [name, kind])).toEqual(
      Object.entries(instruments).map(([name, { kind }]) => [name, kind]),
    );
    expect(made).toHaveLength(20);
    const [, , options] = made.find(([, name]) => name === 'http.client.request.duration') ?? [];
    expect(options).toEqual({
      unit: 's',
      description: expect.any(String),
      advice: { explicitBucketBoundaries: expect.any(Array) },
    });
    expect(observed()).toHaveLength(6);
  });

  test('tell a counter and a histogram of 1 value each', () => {
    const { meter, told } = meterOf();
    const metrics = new Metrics(meter);
    metrics.add('resilient_fetch.retries', 1, { a: 'b' });
    metrics.add('resilient_fetch.retry.delay', 0.5, {});
    expect(told).toEqual([
      ['resilient_fetch.retries', 1, { a: 'b' }],
      ['resilient_fetch.retry.delay', 0.5, {}],
    ]);
  });
});

describe('the gauges', () => {
  test('are read of a client when somebody looks: 5 values of its origin', () => {
    const { meter, look } = meterOf();
    new Metrics(meter);
    const family = familyOf('read');
    addFamily(family);
    const seen = look('read');
    expect(seen).toHaveLength(5);
    expect(seen.at(-1)).toEqual([
      'resilient_fetch.calls.in_flight',
      2,
      { 'resilient_fetch.client': 'read', 'server.address': 'api.test', 'server.port': 443 },
    ]);
    expect(family.name).toBe('read');
  });

  test('of 2 clients that share their origins are told once, each value by the one that knows it', () => {
    const { meter, look } = meterOf();
    new Metrics(meter);
    const concurrency = { inUse: 1, queued: 0, limit: 7 };
    const both = [familyOf('shared'), familyOf('shared', { inFlight: 9, concurrency })];
    for (const family of both) addFamily(family);
    const seen = look('shared').map(([name, value]) => [name, value]);
    expect(seen).toHaveLength(8);
    expect(Object.fromEntries(seen)).toMatchObject({
      'resilient_fetch.calls.in_flight': 2,
      'resilient_fetch.concurrency.limit': 7,
    });
    expect(both).toHaveLength(2);
  });

  test('of a client that nobody holds any more are gone: 0 values', async () => {
    const { meter, look } = meterOf();
    new Metrics(meter);
    (() => addFamily(familyOf('lost')))();
    await until(() => {
      collect();
      return look('lost').length === 0;
    });
    expect(look('lost')).toEqual([]);
  });
});
