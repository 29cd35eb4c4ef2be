import { getEventListeners } from 'node:events';
import { http } from 'msw';
import { createClient, OptionsError } from 'resilient-fetch';
import { flaky, type MockedAnswer, record } from 'resilient-fetch/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pass, useFakeClock } from '../support/clock.ts';
import { mockedNetwork } from '../support/network.ts';
import { quick } from '../support/wire-call.ts';

const network = mockedNetwork();
afterEach(() => vi.useRealTimers());
const url = 'https://shop.example/prices/:item';
const tea = 'https://shop.example/prices/tea';

describe('a flaky handler of msw', () => {
  it('answers 503, not at all, and then 200, which a client makes one answer of', async () => {
    const prices = flaky([503, 'network-error', { json: { price: 4 } }]);
    network.use(http.get(url, prices));
    const client = createClient(quick);
    using recorder = record(client);
    expect(await (await client(tea)).json()).toEqual({ price: 4 });
    expect(prices.requests).toBe(3);
    recorder.expect({ attempts: 3, outcomes: [503, 'TypeError', 200] });
  });

  it('stays at its last line for the 2 that come after', async () => {
    network.use(http.get(url, flaky([404, 200])));
    const statuses: number[] = [];
    for (let time = 0; time < 4; time++) statuses.push((await fetch(tea)).status);
    expect(statuses).toEqual([404, 200, 200, 200]);
  });

  it('is silent until an attempt timeout of 50 ms', async () => {
    network.use(http.get(url, flaky(['silence', { delay: 5, body: 'late' }])));
    const client = createClient({ ...quick, timeout: { attempt: 50 } });
    expect(await (await client(tea)).text()).toBe('late');
  });

  it('tells a Retry-After of 1 s, and asks a function of the request', async () => {
    const lines: MockedAnswer[] = [
      { status: 429, retryAfter: 1 },
      ({ method }) => Response.json({ method }),
      204,
    ];
    network.use(http.all(url, flaky(lines)));
    expect((await fetch(tea)).headers.get('retry-after')).toBe('1');
    expect(await (await fetch(tea, { method: 'PUT' })).json()).toEqual({ method: 'PUT' });
    expect((await fetch(tea)).status).toBe(204);
  });

  it('takes a Request as well, for any 1 other mock that gives one', async () => {
    const handler = flaky([418]);
    expect((await handler(new Request(tea))).status).toBe(418);
  });

  it('leaves 0 listeners at a request that was answered after a delay', async () => {
    const request = new Request(tea, { signal: new AbortController().signal });
    const before = getEventListeners(request.signal, 'abort').length;
    await flaky([{ delay: 5 }])(request);
    expect(getEventListeners(request.signal, 'abort')).toHaveLength(before);
  });

  it('holds 0 timers for a caller who has left a delay of 1 minute', async () => {
    useFakeClock();
    const caller = new AbortController();
    flaky([{ delay: 60_000 }])(new Request(tea, { signal: caller.signal }));
    await pass(0);
    const during = vi.getTimerCount();
    caller.abort();
    await pass(0);
    expect(vi.getTimerCount()).toBe(during - 1);
  });

  it.each<[unknown[], string]>([
    [[], 'answers: expected an array with at least one answer, got an array'],
    [
      ['reset'],
      "answers.0: expected 'network-error', 'silence', a status, an object, or a function, got \"reset\"",
    ],
    [[{ stallAfter: 1 }], 'answers.0.stallAfter: unknown option'],
  ])('says what is wrong, 1 of 3: %j', (answers, said) => {
    expect(() => flaky(answers as MockedAnswer[])).toThrow(OptionsError);
    expect(() => flaky(answers as MockedAnswer[])).toThrow(said);
  });
});
