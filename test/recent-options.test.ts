import { describe, expect, test } from 'vitest';
import { createClient } from '../src/client.ts';
import type { CallOptions } from '../src/options.ts';
import { RecentOptions } from '../src/recent-options.ts';
import { script } from './support/script.ts';

const options = () => ({ timeout: 2_000, retry: { maxRetries: 5, methods: ['GET'] } });

describe('the options of a call are checked once', () => {
  test('for 1 object given twice, and for 2 that say the same in another order', () => {
    const recent = new RecentOptions();
    const own = options();
    const first = recent.check(own);
    expect(recent.check(own)).toBe(first);
    expect(recent.check({ retry: options().retry, timeout: 2_000 })).toBe(first);
    expect(first).toEqual(options());
  });

  test('and again after 1 change, however deep it is', () => {
    const recent = new RecentOptions();
    const own = options();
    const first = recent.check(own);
    own.retry.methods.push('POST');
    expect(recent.check(own)).toMatchObject({ retry: { methods: ['GET', 'POST'] } });
    expect(first).toEqual(options());
    Object.assign(own, { timeout: 'soon' });
    expect(() => recent.check(own)).toThrow('timeout: expected');
  });

  test('as 8 different sets are known, and the 9th takes the place of the first', () => {
    const recent = new RecentOptions();
    const sets = Array.from({ length: 9 }, (_, index) => ({ timeout: 1_000 + index }));
    const [first, ...others] = sets.map((set) => recent.check(set));
    expect(sets.slice(1).map((set) => recent.check(set))).toEqual(others);
    expect(others.every((known, index) => recent.check(sets[index + 1]) === known)).toBe(true);
    expect(recent.check(sets[0])).not.toBe(first);
  });

  test.each<[string, unknown, unknown]>([
    ['1 function for another', { retry: { when: () => true } }, { retry: { when: () => true } }],
    ['1 key more', { timeout: 1 }, { timeout: 1, retry: 1 }],
    ['1 key less', { timeout: 1, retry: 1 }, { timeout: 1 }],
    [
      '1 value that is undefined',
      { timeout: 1, retry: undefined },
      { timeout: 1, hedge: undefined },
    ],
    ['an object in the place of a number', { timeout: 1 }, { timeout: { total: 1 } }],
    ['0 options of a class', new (class {})(), new (class {})()],
  ])('apart from those with %s', (_, one, other) => {
    const recent = new RecentOptions();
    expect(recent.check(one)).not.toBe(recent.check(other));
  });

  test('but never where they are wrong: 3 calls are refused 3 times', async () => {
    const fetch = script(200);
    const client = createClient({ fetch });
    const resilience = { retry: -1 };
    const calls = [1, 2, 3].map(() => client('http://a.test/', { resilience }));
    const refused = await Promise.allSettled(calls);
    expect(refused.filter(({ status }) => status === 'rejected')).toHaveLength(3);
    expect(fetch.requests).toHaveLength(0);
  });

  test('and a ring in them is refused by its name, 2 levels down', () => {
    const ring: { retry: object } = { retry: {} };
    Object.assign(ring.retry, { again: ring });
    expect(() => new RecentOptions().check(ring)).toThrow('retry.again: unknown option');
  });
});

test('an object that was changed between 2 calls counts as it is at each of them', async () => {
  const fetch = script(503);
  const client = createClient({ fetch, retry: { backoff: { base: 0 } }, circuitBreaker: false });
  const resilience: CallOptions & { retry: number } = { retry: 0 };
  await client('http://a.test/', { resilience });
  expect(fetch.requests).toHaveLength(1);
  resilience.retry = 2;
  await client('http://a.test/', { resilience });
  expect(fetch.requests).toHaveLength(4);
});

test('options that are changed for the client are there at the next call, under the same options of its own', async () => {
  const fetch = script(503);
  const client = createClient({ fetch, retry: { maxRetries: 1, backoff: { base: 0 } } });
  const resilience = { timeout: 5_000 };
  await client('http://a.test/', { resilience });
  expect(fetch.requests).toHaveLength(2);
  client.reconfigure({ retry: false });
  await client('http://a.test/', { resilience });
  expect(fetch.requests).toHaveLength(3);
});
