import { METRIC_HTTP_CLIENT_REQUEST_DURATION } from '@opentelemetry/semantic-conventions';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { describe, expect, test } from 'vitest';
import { type Instrument, instruments } from '../../src/adapters/instruments.ts';

const all = Object.entries<Instrument>(instruments);

describe('the instruments', () => {
  test('have 1 name of the conventions, and of their own none that the conventions have', () => {
    const theirs = new Set<unknown>(Object.values(conventions));
    const names = all.map(([name]) => name);
    expect(names.filter((name) => theirs.has(name))).toEqual([METRIC_HTTP_CLIENT_REQUEST_DURATION]);
    const own = names.filter((name) => !theirs.has(name));
    for (const name of own) expect(name).toMatch(/^resilient_fetch(\.[a-z_]+)+$/);
  });

  test('measure lengths in seconds, by the 14 bounds that the conventions advise', () => {
    for (const [name, { kind, unit, boundaries }] of all) {
      expect([name, unit === 's']).toEqual([name, kind === 'histogram']);
      if (kind !== 'histogram') continue;
      expect(boundaries).toEqual([
        ...[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
      ]);
    }
  });

  test('count things that have a name: 16 of them', () => {
    const counting = all.filter(([, { kind }]) => kind !== 'histogram');
    for (const [, { unit }] of counting) expect(unit).toMatch(/^(\{[a-z]+\}|1)$/);
    expect(counting.length).toBe(16);
  });
});
