import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instruments } from '../src/adapters/instruments.ts';
import { policyNames } from '../src/functions/options.ts';
import * as front from '../src/index.ts';
import { circuitBreaker } from '../src/options/circuit-breaker.ts';
import { concurrency } from '../src/options/concurrency.ts';
import { hedge } from '../src/options/hedge.ts';
import { propagation } from '../src/options/propagation.ts';
import { backoff, retry, retryAfter } from '../src/options/retry.ts';
import { retryBudget } from '../src/options/retry-budget.ts';
import { throttle } from '../src/options/throttle.ts';
import { timeout } from '../src/options/timeout.ts';
import { presets } from '../src/presets.ts';
import * as sagas from '../src/saga.ts';
import { knownDifferences } from './conformance/known-differences.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const readme = read('README.md');
const section = (title: string) =>
  readme.split(/^## /m).find((text) => text.startsWith(title)) ?? '';

/** Those of some names that a text has in no word of its own. */
const missingIn = (text: string, names: readonly string[]) =>
  names.filter((name) => !new RegExp(`(?<!\\w)${name}(?!\\w)`).test(text));

test('names every event, 21 of them', () => {
  const events = [...read('src/core/events.ts').matchAll(/^ {2}'(\w+\.\w+)':/gm)];
  expect(events).toHaveLength(21);
  expect(
    missingIn(
      section('The client'),
      events.map(([, name = '']) => name),
    ),
  ).toEqual([]);
});

test('the page of differences from fetch says each of them, more than 20, and no other', () => {
  const said = read('docs/differences.md')
    .split(/\n- /)
    .slice(1)
    .map((text) => text.replace(/\s+/g, ' '));
  const known = new Set(knownDifferences.map(({ why }) => why));
  const isSaid = (why: string) =>
    said.some((text) => text.toLowerCase().startsWith(why.toLowerCase()));
  expect(known.size).toBeGreaterThan(20);
  expect([...known].filter((why) => !isSaid(why))).toEqual([]);
  expect(said.length).toBe(known.size + 1);
});

test('names every option, more than 40, and 4 presets', () => {
  const parts = [timeout, retry, backoff, retryAfter, circuitBreaker, retryBudget, hedge];
  const names = [...parts, concurrency, throttle, propagation].flatMap(({ entries }) =>
    Object.keys(entries),
  );
  const outer = [...read('src/options.ts').matchAll(/^ {2,4}(\w+): (?:v\.optional|keyForMany)/gm)];
  names.push(...outer.map(([, name = '']) => name), ...Object.keys(presets));
  expect(names.length).toBeGreaterThan(50);
  expect(missingIn(section('Options'), names)).toEqual([]);
});

test('names every option of a policy for functions, 9 of them and 4 within', () => {
  const names = policyNames.filter(
    (name) => !/^(circuitBreaker|retryBudget|.*backoff)\./.test(name),
  );
  expect(names).toHaveLength(13);
  const last = names.map((name) => name.slice(name.lastIndexOf('.') + 1));
  expect(missingIn(section('Beyond one call'), last)).toEqual([]);
});

test('names every error, 9 of them', () => {
  const errors = Object.keys(front).filter((name) => name.endsWith('Error'));
  expect(errors).toHaveLength(9);
  expect(missingIn(section('What the caller gets'), errors)).toEqual([]);
});

test('names what sagas are made with, 6 functions and errors', () => {
  const names = Object.keys(sagas).filter((name) => name !== 'memoryJournal');
  expect(names).toHaveLength(6);
  expect(missingIn(section('Beyond one call'), names)).toEqual([]);
});

test('names every example, 34 of them', () => {
  const examples = readdirSync(join(root, 'examples'))
    .filter((name) => name.endsWith('.ts') && name !== 'run.ts')
    .map((name) => `examples/${name}`);
  expect(examples).toHaveLength(34);
  expect(examples.filter((path) => !section('Recipes').includes(`](${path})`))).toEqual([]);
});

test('draws every strategy once, 13 of them', () => {
  const strategies = readdirSync(join(root, 'src/strategies'))
    .map((name) => name.replace('.ts', '').replace('-', ' '))
    .filter((name) => !['break', 'circuit', 'retry judge'].includes(name));
  const drawing = section('How a call goes').split('```')[1] ?? '';
  expect(strategies).toHaveLength(13);
  expect(missingIn(drawing, strategies)).toEqual([]);
});

test('names every metric, 20 of them', () => {
  const names = Object.keys(instruments);
  expect(names).toHaveLength(20);
  const text = section('See it').replaceAll(
    /`\.((?:retries|calls|hedges|concurrency)\.\w+)`/g,
    '`resilient_fetch.$1`',
  );
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
