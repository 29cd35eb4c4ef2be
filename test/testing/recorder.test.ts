import { AssertionError } from 'node:assert';
import { createClient, OptionsError } from 'resilient-fetch';
import { type Expectations, networkError, record, settle } from 'resilient-fetch/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, useFakeClock } from '../support/clock.ts';
import { hang, type Line, script } from '../support/script.ts';

const url = 'https://shop.example/prices?key=secret';
beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A client that answers line by line and waits 100 ms before a retry, 200 before the next, and who writes it down. */
function recorded(...lines: Line[]) {
  const backoff = { base: 100, jitter: 'none' } as const;
  const client = createClient({ fetch: script(...lines), retry: { backoff } });
  return { client, recorder: record(client) };
}

describe('a recorder', () => {
  it('has 3 attempts of a call with two retries, and what was waited between them', async () => {
    const { client, recorder } = recorded(503, networkError('ECONNRESET'), 200);
    await settle(client(url), vi);
    expect(recorder.attempts()).toMatchObject([
      { attempt: 1, outcome: '503', at: 0, delay: 100, source: 'backoff', method: 'GET' },
      { attempt: 2, outcome: 'ECONNRESET', at: 100, delay: 200, path: '/prices' },
      { attempt: 3, outcome: '200', at: 300, origin: 'https://shop.example' },
    ]);
    recorder.expect({
      ...{ calls: 1, attempts: 3, outcomes: [503, 'ECONNRESET', '200'] },
      ...{ results: [200], stopped: ['final'], delays: [100, [150, 250]] },
    });
  });

  it('has the attempts of 2 calls side by side in the order in which they left', async () => {
    const { client, recorder } = recorded(503, 500, 200);
    const first = client('https://a.example/');
    await pass(50);
    await settle(Promise.all([first, client('https://b.example/')]), vi);
    recorder.expect({ calls: 2, outcomes: [503, 500, 200, 200], results: [200, 200] });
    expect(recorder.attempts().map(({ origin }) => origin.at(8))).toEqual(['a', 'b', 'a', 'b']);
  });

  it('tells of a call under way what is known of it: 1 attempt that has ended, and 1 that has not', async () => {
    const { client, recorder } = recorded(503, hang);
    const call = client(url, { resilience: { timeout: 1_000 } }).catch(() => {});
    await pass(0);
    recorder.expect({ calls: 1, outcomes: [503], results: ['pending'], delays: [100] });
    await pass(100);
    recorder.expect({ outcomes: ['503', 'pending'], stopped: ['pending'] });
    expect(String(recorder)).toContain('attempt 2  under way');
    await settle(call, vi);
    recorder.expect({ results: ['ERR_RESILIENCE_TIMEOUT'], stopped: ['timeout'] });
  });

  it('tells 2 copies apart while they are under way', async () => {
    const client = createClient({ fetch: script(hang, 503, hang), hedge: 50, timeout: 1_000 });
    using recorder = record(client);
    const call = client(url).catch(() => {});
    await pass(60);
    recorder.expect({ outcomes: ['pending', 503], results: ['pending'] });
    expect(recorder.attempts().map(({ hedge }) => hedge)).toEqual([undefined, true]);
    await settle(call, vi);
  });

  it('marks the second copy of an attempt, of which 1 was given up', async () => {
    const client = createClient({ fetch: script(hang, 200), hedge: 50 });
    using recorder = record(client);
    await settle(client(url), vi);
    expect(recorder.attempts()).toMatchObject([
      { attempt: 1, outcome: 'superseded' },
      { attempt: 1, hedge: true, outcome: '200' },
    ]);
  });

  it('has a call that was refused, with 0 attempts', async () => {
    const { client, recorder } = recorded(200);
    client.circuit(url).open();
    await client(url).catch(() => {});
    recorder.expect({ attempts: 0, outcomes: [], results: ['ERR_RESILIENCE_CIRCUIT_OPEN'] });
  });

  it('forgets 1 call that is under way when it is cleared, and hears 0 more when it is stopped', async () => {
    const { client, recorder } = recorded(503, 200);
    const call = client(url);
    await pass(0);
    recorder.clear();
    await settle(call, vi);
    recorder.expect({ calls: 0, attempts: 0 });
    await client(url);
    recorder.stop();
    await client(url);
    recorder.expect({ calls: 1 });
  });
});

describe('an expectation that is not met', () => {
  const failure = async (expected: Expectations) => {
    const { client, recorder } = recorded(503, 200);
    await settle(client(url), vi);
    try {
      recorder.expect(expected);
    } catch (error) {
      return error as AssertionError;
    }
    throw new Error('expected an AssertionError');
  };

  it('is told with 2 differences, and a timeline in which there is no query', async () => {
    const error = await failure({ calls: 1, attempts: 3, outcomes: [503, 503, 200] });
    expect(error).toBeInstanceOf(AssertionError);
    expect(error.message).toMatchInlineSnapshot(`
      "the client did not do what was expected:
        attempts: expected 3
                       got 2
        outcomes: expected 503, 503, 200
                       got 503, 200

      GET https://shop.example/prices → 200 after 100 ms, 2 attempts
            0 ms  █·······················  attempt 1  503 in 0 ms, then 100 ms of backoff
          100 ms                         █  attempt 2  200 in 0 ms"
    `);
    expect(error.message).not.toContain('secret');
    expect(error.actual).toEqual({ calls: 1, attempts: 2, outcomes: ['503', '200'] });
    expect(error.expected).toEqual({ calls: 1, attempts: 3, outcomes: ['503', '503', '200'] });
  });

  it.each<[Expectations, string]>([
    [{ delays: [[101, 200]] }, 'delays: expected 101–200\n               got 100'],
    [{ delays: [] }, 'delays: expected none\n               got 100'],
    [{ results: ['ECONNRESET'] }, 'results: expected ECONNRESET'],
    [{ stopped: ['budget'] }, 'stopped: expected budget\n                got final'],
    [{ calls: 2 }, 'calls: expected 2\n              got 1'],
  ])('is told, 1 of 5: %j', async (expected, said) => {
    expect((await failure(expected)).message).toContain(said);
  });

  it('is none where a figure is undefined: 6 that are left out', () => {
    const names = ['calls', 'attempts', 'outcomes', 'results', 'stopped', 'delays'];
    const left = Object.fromEntries(names.map((name) => [name, undefined]));
    const { recorder } = recorded();
    expect(recorder.expect(left as Expectations)).toBe(undefined);
  });

  it('is told where there was nothing, in 1 line', () => {
    const { recorder } = recorded(200);
    expect(() => recorder.expect({ calls: 1 })).toThrow(/got 0\n\nnothing was called$/);
  });

  it.each<[unknown, string]>([
    [{ attemps: 1 }, 'attemps: unknown option; did you mean attempts?'],
    [{ attempts: '3' }, 'attempts: expected an integer ≥ 0, got "3"'],
    [{ outcomes: 503 }, 'outcomes: expected an array of outcomes, got 503'],
    [{ delays: [[1]] }, 'delays.0: expected milliseconds ≥ 0, or a range [from, to], got an array'],
  ])('is another error where it makes no sense, 1 of 4: %j', (expected, said) => {
    const { recorder } = recorded(200);
    expect(() => recorder.expect(expected as Expectations)).toThrow(OptionsError);
    expect(() => recorder.expect(expected as Expectations)).toThrow(said);
  });
});
