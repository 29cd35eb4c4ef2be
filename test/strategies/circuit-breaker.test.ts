import {
  CircuitOpenError,
  type ClientOptions,
  createClient,
  type EventName,
  explain,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/';
const origin = 'https://api.example.com';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** A client without retries, whose upstream answers as told and whose circuit is written down. */
function client(options: ClientOptions = {}) {
  let line: Line = 200;
  const upstream = script((input, init) => {
    if (typeof line === 'function') return line(input, init);
    if (line instanceof Error) throw line;
    return line instanceof Response ? line.clone() : new Response(null, { status: line });
  });
  const fetching = createClient({ retry: false, random: () => 0.5, fetch: upstream, ...options });
  const transitions: string[] = [];
  for (const name of ['circuit.opened', 'circuit.halfOpened', 'circuit.closed'] as EventName[]) {
    fetching.on(name, () => transitions.push(name.slice('circuit.'.length)));
  }
  return {
    fetching,
    transitions,
    requests: () => upstream.requests.length,
    answer: (next: Line) => {
      line = next;
    },
    /** Sends so many calls, one after another, and takes whatever comes. */
    async send(count: number, next?: Line) {
      if (next !== undefined) line = next;
      for (let index = 0; index < count; index++) await settle(fetching(url)).catch(() => {});
    },
    state: () => fetching.circuit(url).state,
  };
}

describe('a call that is refused', () => {
  it('has the names of 2 callers in a stack of which 1 line alone is no await, as calls are dear', async () => {
    const { fetching } = client();
    fetching.circuit(url).open();
    const inner = async () => await fetching(url);
    const outer = async () => await inner();
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = (_, sites) => sites;
    const { stack } = await outer().then(
      () => ({ stack: undefined }),
      (error: Error) => ({ stack: error.stack as unknown as NodeJS.CallSite[] }),
    );
    Error.prepareStackTrace = prepareStackTrace;
    const [first, ...others] = stack ?? [];
    const names = others.filter((site) => site.isAsync()).map((site) => site.getFunctionName());
    expect(first?.getFunctionName()).toBe('circuitBreaker');
    expect(names.slice(0, 4)).toEqual(['timed', 'client', 'inner', 'outer']);
  });

  it('sets 1 timer, the deadline, and leaves 0', async () => {
    const { fetching } = client({ circuitBreaker: { openFor: 60_000 } });
    fetching.circuit(url).open();
    const before = vi.getTimerCount();
    const set = vi.spyOn(globalThis, 'setTimeout');
    await rejection(fetching(url));
    expect(set).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(before);
    set.mockRestore();
  });

  it('is refused though the circuit closes in the same turn, and says what it stood at', async () => {
    const { fetching } = client();
    fetching.circuit(url).open();
    const refused = rejection(fetching(url));
    fetching.circuit(url).close();
    expect(await refused).toMatchObject({ retryAfter: 5_000, attempts: 0 });
  });
});

describe('when a circuit opens', () => {
  it('opens at 10 failures in a row, and refuses the 11th call without touching the network', async () => {
    const { fetching, send, state, requests } = client();
    await send(9, 500);
    expect(state()).toBe('closed');
    await send(1);
    expect(state()).toBe('open');
    const error = await rejection(fetching(url));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({
      code: 'ERR_RESILIENCE_CIRCUIT_OPEN',
      origin,
      attempts: 0,
      retryAfter: 5_000,
    });
    expect(requests()).toBe(10);
    expect(explain(error)?.stopped).toBe('refused');
  });

  it('does not open at the first failed call, nor at 9 of 19', async () => {
    const { send, state } = client();
    await send(1, 500);
    expect(state()).toBe('closed');
    for (let pair = 0; pair < 9; pair++) {
      await send(1, 200);
      await send(1, 500);
    }
    expect(state()).toBe('closed');
  });

  it('opens when exactly half of 20 attempts failed', async () => {
    const { send, state } = client();
    for (let pair = 0; pair < 9; pair++) {
      await send(1, 500);
      await send(1, 200);
    }
    await send(1, 200);
    expect(state()).toBe('closed');
    await send(1, 500);
    expect(state()).toBe('open');
  });

  it('forgets what is older than the window of 10 s', async () => {
    const { send, state } = client();
    for (let pair = 0; pair < 9; pair++) {
      await send(1, 500);
      await send(1, 200);
    }
    await pass(11_000);
    for (let pair = 0; pair < 9; pair++) {
      await send(1, 500);
      await send(1, 200);
    }
    expect(state()).toBe('closed');
  });

  for (const [what, line] of [
    ['500', 500],
    ['503', 503],
    ['ECONNREFUSED', networkError('ECONNREFUSED')],
    ['ECONNRESET', networkError('ECONNRESET')],
    ['a certificate error', networkError('CERT_HAS_EXPIRED')],
    ['an attempt timeout', hang],
  ] as [string, Line][]) {
    it(`counts ${what} as a failure: 10 open it`, async () => {
      const { send, state } = client({ timeout: { attempt: 100 } });
      await send(10, line);
      expect(state()).toBe('open');
    });
  }

  for (const [what, line] of [
    ['429', 429],
    ['404', 404],
    ['400', 400],
    ['a bad URL', new TypeError('fetch failed', { cause: new Error('bad port') })],
  ] as [string, Line][]) {
    it(`does not count ${what} as a failure: 30 leave it closed`, async () => {
      const { send, state } = client();
      await send(30, line);
      expect(state()).toBe('closed');
    });
  }

  it('does not count an abort by the caller: 30 leave it closed', async () => {
    const { fetching, answer, state } = client();
    answer(hang);
    for (let index = 0; index < 30; index++) {
      const controller = new AbortController();
      const call = fetching(url, { signal: controller.signal });
      controller.abort(new Error('enough'));
      expect(await rejection(call)).toMatchObject({ message: 'enough' });
    }
    expect(state()).toBe('closed');
    expect(fetching.health().origins[origin]).toMatchObject({ attempts: 0, failures: 0 });
  });

  it('counts a first attempt that had the whole total deadline: 10 hung calls of 100 ms open it', async () => {
    const { send, state } = client({ timeout: 100 });
    await send(10, hang);
    expect(state()).toBe('open');
  });

  it('counts each of a call’s attempts: 3 calls of 4 attempts open it', async () => {
    const { send, state, requests } = client({ retry: 3 });
    await send(3, 503);
    expect(state()).toBe('open');
    expect(requests()).toBe(10);
  });

  it('opens 1 origin and no other', async () => {
    const { fetching, send } = client();
    await send(10, 500);
    expect(fetching.circuit('https://api.example.com').state).toBe('open');
    expect(fetching.circuit('https://other.example.com').state).toBe('closed');
    expect((await settle(fetching('https://other.example.com/'))).status).toBe(500);
  });
});

describe('slow calls', () => {
  const late = (milliseconds: number, status: number): Line => {
    return (_, init) =>
      new Promise((resolve, reject) => {
        setTimeout(() => resolve(new Response(null, { status })), milliseconds);
        init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
      });
  };
  const counting = { slowCallDuration: 1_000, minimumThroughput: 4, consecutiveFailures: 100 };

  it('open it at 4 of 4 that took 1,000 ms, with the numbers in the event', async () => {
    const { fetching, send, state } = client({ circuitBreaker: counting });
    const opened: unknown[] = [];
    fetching.on('circuit.opened', (event) => opened.push(event));
    await send(3, late(1_000, 200));
    expect(state()).toBe('closed');
    await send(1);
    expect(opened).toMatchObject([
      { reason: 'slow-call-ratio', openFor: 5_000, attempts: 4, failures: 0, slow: 4 },
    ]);
    expect(fetching.health().origins[origin]).toMatchObject({ circuit: 'open', slow: 4 });
  });

  it('leave it closed where 1 ms is missing, and where 1 of 5 was swift', async () => {
    const { send, state } = client({ circuitBreaker: counting });
    await send(6, late(999, 200));
    expect(state()).toBe('closed');
    const other = client({ circuitBreaker: counting });
    await other.send(1, 200);
    await other.send(4, late(1_000, 200));
    expect(other.state()).toBe('closed');
  });

  it('open it at 2 of 4 where `slowCallRatio` is 0.5', async () => {
    const { send, state } = client({ circuitBreaker: { ...counting, slowCallRatio: 0.5 } });
    await send(2, 200);
    await send(1, late(1_000, 200));
    expect(state()).toBe('closed');
    await send(1);
    expect(state()).toBe('open');
  });

  it('are those that time out as well: 2 of 1,000 ms, and not the 2 that failed at 999', async () => {
    const rule = { ...counting, failureRatio: 1 };
    const { fetching, send } = client({ circuitBreaker: rule, timeout: { attempt: 1_000 } });
    await send(1, 200);
    await send(2, hang);
    await send(2, late(999, 503));
    expect(fetching.health().origins[origin]).toMatchObject({ attempts: 5, failures: 4, slow: 2 });
  });

  it('are not those that the caller gave up: 10 after 2,000 ms leave 0 in the window', async () => {
    const { fetching, answer } = client({ circuitBreaker: counting });
    answer(hang);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 10 }, () => rejection(fetching(url, { signal })));
    await pass(2_000);
    controller.abort();
    await Promise.all(calls);
    expect(fetching.health().origins[origin]).toMatchObject({ attempts: 0, slow: 0 });
  });

  it('are no matter where `slowCallDuration` is off: 30 of 9 s leave it closed', async () => {
    const { fetching, answer, state } = client();
    answer(late(9_000, 200));
    await settle(Promise.all(Array.from({ length: 30 }, () => fetching(url))));
    expect(state()).toBe('closed');
    expect(fetching.health().origins[origin]).toMatchObject({ attempts: 30, slow: 0 });
  });

  it('re-open it as probes: 1 answer after 1,000 ms', async () => {
    for (const [took, state] of [
      [999, 'closed'],
      [1_000, 'open'],
    ] as const) {
      const all = client({ circuitBreaker: counting });
      all.fetching.circuit(url).open();
      await pass(5_000);
      await all.send(1, late(took, 200));
      expect(all.state()).toBe(state);
    }
  });
});

describe('how long it stays open', () => {
  it('refuses for 5 s, counting down, and then lets a probe pass', async () => {
    const { fetching, send, requests } = client();
    await send(10, 500);
    await pass(3_000);
    expect(await rejection(fetching(url))).toMatchObject({ retryAfter: expect.closeTo(1_900, -3) });
    await pass(2_000);
    await send(1, 200);
    expect(requests()).toBe(11);
  });

  it('doubles the time at each failed probe: 5, 10, 20, 40, 60, 60 s', async () => {
    const { fetching, send } = client();
    const lengths: number[] = [];
    fetching.on('circuit.opened', ({ openFor }) => lengths.push(openFor));
    await send(10, 500);
    for (let round = 0; round < 5; round++) {
      await pass(lengths.at(-1) ?? 0);
      await send(1);
    }
    expect(lengths).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it('varies the later ones by a fifth, and never beyond 60 s', async () => {
    const { fetching, send } = client({ random: () => 0 });
    const lengths: number[] = [];
    fetching.on('circuit.opened', ({ openFor }) => lengths.push(openFor));
    await send(10, 500);
    await pass(5_000);
    await send(1);
    expect(lengths).toEqual([5_000, 8_000]);
  });

  it('is open at least as long as a Retry-After of 20 s that came with the failure', async () => {
    const { fetching, send, state } = client();
    await send(9, 503);
    await send(1, new Response(null, { status: 503, headers: { 'retry-after': '20' } }));
    expect(await rejection(fetching(url))).toMatchObject({
      retryAfter: expect.closeTo(20_000, -3),
    });
    await pass(19_000);
    expect(state()).toBe('open');
    await pass(1_000);
    expect(state()).toBe('half-open');
  });

  it('starts again at 5 s after it was closed', async () => {
    const { fetching, send } = client();
    const lengths: number[] = [];
    fetching.on('circuit.opened', ({ openFor }) => lengths.push(openFor));
    await send(10, 500);
    await pass(5_000);
    await send(1);
    await pass(10_000);
    await send(1, 200);
    await send(10, 500);
    expect(lengths).toEqual([5_000, 10_000, 5_000]);
  });
});

describe('half-open', () => {
  async function halfOpen(options: ClientOptions = {}) {
    const all = client(options);
    await all.send(10, 500);
    await pass(5_000);
    expect(all.state()).toBe('half-open');
    return all;
  }

  it('lets 1 of 5 concurrent calls pass, and closes on its success', async () => {
    const { fetching, answer, requests, state, transitions } = await halfOpen();
    answer(200);
    const results = await Promise.all(
      Array.from({ length: 5 }, () =>
        fetching(url).then(
          (r) => r.status,
          (e) => e.name,
        ),
      ),
    );
    expect(results).toEqual([200, ...Array(4).fill('CircuitOpenError')]);
    expect(requests()).toBe(11);
    expect(state()).toBe('closed');
    expect(transitions).toEqual(['opened', 'halfOpened', 'closed']);
  });

  it('lets 3 of 5 concurrent calls pass where `probes` is 3, and closes at the 2nd success of 2', async () => {
    const circuitBreaker = { probes: 3, successThreshold: 2 };
    const { fetching, answer, requests, state } = await halfOpen({ circuitBreaker });
    const waiting: ((response: Response) => void)[] = [];
    answer(() => new Promise((resolve) => waiting.push(resolve)));
    const calls = [1, 2, 3, 4, 5].map(() => fetching(url).catch((error) => error.name));
    await pass(0);
    expect(requests()).toBe(13);
    const states: string[] = [];
    for (const resolve of waiting) {
      resolve(new Response());
      await pass(0);
      states.push(state());
    }
    expect(states).toEqual(['half-open', 'closed', 'closed']);
    expect((await Promise.all(calls)).slice(3)).toEqual(Array(2).fill('CircuitOpenError'));
  });

  it('forgets the window on closing: 9 failures after it leave it closed', async () => {
    const { send, state } = await halfOpen();
    await send(1, 200);
    await send(9, 500);
    expect(state()).toBe('closed');
    await send(1);
    expect(state()).toBe('open');
  });

  it('re-opens on a failed probe', async () => {
    const { send, state, transitions } = await halfOpen();
    await send(1, 503);
    expect(state()).toBe('open');
    expect(transitions).toEqual(['opened', 'halfOpened', 'opened']);
  });

  it('takes a cancelled probe for no information: the very next call is a probe again', async () => {
    const { fetching, answer, requests, state, transitions } = await halfOpen();
    answer(hang);
    const controller = new AbortController();
    const probe = rejection(fetching(url, { signal: controller.signal }));
    await pass(100);
    controller.abort(new Error('enough'));
    expect(await probe).toMatchObject({ message: 'enough' });
    expect(state()).toBe('half-open');
    expect(transitions).toEqual(['opened', 'halfOpened']);
    answer(200);
    expect((await settle(fetching(url))).status).toBe(200);
    expect(requests()).toBe(12);
    expect(state()).toBe('closed');
  });

  it('re-opens when the probe hangs until the attempt timeout of 1 s', async () => {
    const { send, state } = await halfOpen({ timeout: { attempt: 1_000 } });
    await send(1, hang);
    expect(state()).toBe('open');
  });

  it('is not wedged by a probe that never settles: without any timeout the next passes after 5 s', async () => {
    const { fetching, answer, requests, state } = await halfOpen({ timeout: false });
    answer(() => new Promise(() => {}));
    fetching(url).catch(() => {});
    expect(await rejection(fetching(url))).toMatchObject({ retryAfter: expect.any(Number) });
    await pass(5_000);
    answer(200);
    expect((await settle(fetching(url))).status).toBe(200);
    expect(requests()).toBe(12);
    expect(state()).toBe('closed');
  });

  it('hears nothing of a call that began before it opened, be it success or failure', async () => {
    for (const late of [200, 500]) {
      const { fetching, answer, send, state } = client();
      const waiting = Promise.withResolvers<Response>();
      answer(() => waiting.promise);
      const stale = fetching(url);
      await pass(0);
      await send(10, 500);
      await pass(5_000);
      expect(state()).toBe('half-open');
      waiting.resolve(new Response(null, { status: late }));
      expect((await settle(stale)).status).toBe(late);
      expect(state()).toBe('half-open');
    }
  });

  it('hears nothing of a call that began before it opened when it is closed again', async () => {
    const { fetching, answer, send, state } = client({
      circuitBreaker: { consecutiveFailures: 1 },
    });
    const waiting = Promise.withResolvers<Response>();
    answer(() => waiting.promise);
    const stale = fetching(url);
    await pass(0);
    await send(1, 500);
    await pass(5_000);
    await send(1, 200);
    waiting.resolve(new Response(null, { status: 500 }));
    await settle(stale);
    expect(state()).toBe('closed');
  });

  it('opens again at 10 failures in a row, however many calls were refused in between', async () => {
    const { send, state, requests } = client();
    await send(10, 500);
    await send(1_000);
    await pass(5_000);
    await send(1, 200);
    await send(10, 500);
    expect(state()).toBe('open');
    expect(requests()).toBe(21);
  });
});

describe('within a call', () => {
  it('is not retried: a call to an open circuit makes 0 requests and waits for nothing', async () => {
    const { fetching, send, requests } = client({ retry: 3 });
    await send(3, 500);
    const start = performance.now();
    expect(await rejection(fetching(url))).toMatchObject({ attempts: 0 });
    expect(performance.now() - start).toBeLessThanOrEqual(100);
    expect(requests()).toBe(10);
  });

  it('gives back the last real answer where its own failures opened the circuit', async () => {
    const { fetching, answer, requests } = client({
      retry: 3,
      circuitBreaker: { consecutiveFailures: 2 },
    });
    answer(503);
    const response = await settle(fetching(url));
    expect(response.status).toBe(503);
    expect(requests()).toBe(2);
    expect(explain(response)?.stopped).toBe('circuit-open');
  });

  describe('where others open the circuit during its backoff', () => {
    async function overtaken(line: Line) {
      const backoff = { type: 'constant', base: 1_000, jitter: 'none' } as const;
      const { fetching, answer, requests } = client({ retry: { backoff } });
      answer(line);
      const call = fetching(url).catch((reason: unknown) => reason);
      await pass(500);
      fetching.circuit(url).open();
      const outcome = await settle(call);
      expect(requests()).toBe(1);
      return outcome;
    }

    it('gives back its own failure of the network', async () => {
      const reset = networkError('ECONNRESET');
      expect(await overtaken(reset)).toBe(reset);
      expect(explain(reset)?.stopped).toBe('circuit-open');
    });

    it('gives back its own answer of 14 bytes, which left the connection free', async () => {
      const headers = { 'content-length': '14' };
      const response = await overtaken(new Response('come back soon', { status: 503, headers }));
      expect(response).toBeInstanceOf(Response);
      expect(await (response as Response).text()).toBe('come back soon');
    });

    it('refuses where the answer had to be discarded, and names it as the cause', async () => {
      const headers = { 'content-length': '70000' };
      const error = await overtaken(new Response('x'.repeat(70_000), { status: 503, headers }));
      expect(error).toBeInstanceOf(CircuitOpenError);
      expect(error).toMatchObject({
        attempts: 1,
        cause: { message: 'Attempt 1 was answered 503' },
      });
    });
  });

  it('is left out where it is switched off: 50 failures are 50 requests', async () => {
    const { send, requests } = client({ circuitBreaker: false });
    await send(50, 500);
    expect(requests()).toBe(50);
  });

  it('can be left out for 1 call', async () => {
    const { fetching, send } = client();
    await send(10, 500);
    const response = await settle(fetching(url, { resilience: { circuitBreaker: false } }));
    expect(response.status).toBe(500);
  });
});

describe('an operator’s hand', () => {
  it('opens and closes the circuit of an origin, with an event for each', async () => {
    const { fetching, transitions, requests } = client();
    fetching.circuit(origin).open();
    expect(fetching.circuit(origin).state).toBe('open');
    expect(await rejection(fetching(url))).toBeInstanceOf(CircuitOpenError);
    fetching.circuit(origin).close();
    expect((await settle(fetching(url))).status).toBe(200);
    expect(requests()).toBe(1);
    expect(transitions).toEqual(['opened', 'closed']);
  });

  it('isolates an origin: 1 hour later it still refuses, without a probe and without a timer', async () => {
    const { fetching, requests, state } = client();
    const told: string[] = [];
    for (const name of ['circuit.opened', 'circuit.isolated', 'circuit.closed'] as const)
      fetching.on(name, () => told.push(name));
    fetching.circuit(origin).isolate();
    fetching.circuit(origin).isolate();
    fetching.circuit(origin).open();
    expect(vi.getTimerCount()).toBe(0);
    await pass(3_600_000);
    expect(state()).toBe('isolated');
    const error = await rejection(fetching(url));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ retryAfter: Number.POSITIVE_INFINITY });
    expect(String(error)).toContain('isolated by hand');
    const health = fetching.health();
    expect(health.origins[origin]).toMatchObject({ circuit: 'isolated', retryAfter: null });
    expect(JSON.parse(JSON.stringify(health))).toEqual(health);
    fetching.circuit(origin).close();
    expect((await settle(fetching(url))).status).toBe(200);
    expect(requests()).toBe(1);
    expect(told).toEqual(['circuit.isolated', 'circuit.closed']);
  });

  it('isolates an open and a half-open circuit too, and then hears nothing of 1 probe under way', async () => {
    const { fetching, answer, send, state, transitions } = client();
    await send(10, 500);
    await pass(5_000);
    const waiting = Promise.withResolvers<Response>();
    answer(() => waiting.promise);
    const probe = fetching(url);
    await pass(0);
    fetching.circuit(url).isolate();
    waiting.resolve(new Response());
    await settle(probe);
    expect(state()).toBe('isolated');
    await pass(60_000);
    expect(transitions).toEqual(['opened', 'halfOpened']);
  });

  it('ends the retries of a call whose origin it isolates: 1 request', async () => {
    const { fetching, answer, requests } = client({ retry: { backoff: () => 1_000 } });
    answer(() => {
      fetching.circuit(url).isolate();
      return new Response(null, { status: 503 });
    });
    const response = await settle(fetching(url));
    expect([response.status, requests()]).toEqual([503, 1]);
    expect(explain(response)).toMatchObject({ stopped: 'circuit-open', duration: 0 });
  });

  it('leaves 0 timers behind for an origin that is quiet', async () => {
    const { send } = client();
    await send(5, 200);
    expect(vi.getTimerCount()).toBe(0);
    await send(10, 500);
    expect(vi.getTimerCount()).toBe(1);
    await pass(5_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});
