import {
  type ClientOptions,
  createClient,
  type Events,
  explain,
  type FailureInfo,
  type FallbackFunction,
  OptionsError,
  type Outcome,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from '../support/clock.ts';
import { hang, type Line, networkError, script } from '../support/script.ts';

const url = 'https://api.example.com/things?key=secret';
const origin = 'https://api.example.com';
const reset = networkError('ECONNRESET');

let warnings: ReturnType<typeof vi.spyOn>;
let unhandled: unknown[];
const hear = (reason: unknown) => unhandled.push(reason);

beforeEach(() => {
  useFakeClock();
  unhandled = [];
  warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  process.on('unhandledRejection', hear);
});
afterEach(async () => {
  await pass(0);
  process.off('unhandledRejection', hear);
  expect(unhandled).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

/** A client that tries once and falls back on what is given. */
function falling(fallback: ClientOptions['fallback'], ...lines: Line[]) {
  return createClient({ fetch: script(...lines), retry: false, fallback });
}

const spare = () => new Response('spare', { status: 203, headers: { 'x-spare': 'yes' } });
const text = async (call: Promise<Response>) => (await settle(call)).text();

/** A body of which it is told whether it was cancelled. */
function watched(status = 503, length?: number) {
  const cancelled = vi.fn();
  const body = new ReadableStream({ cancel: cancelled });
  const headers = length === undefined ? {} : { 'content-length': String(length) };
  return { cancelled, answer: () => new Response(body, { status, headers }) };
}

describe('a Response that was given', () => {
  it('stands in for an error: its status, its headers, its body', async () => {
    const response = await settle(falling(spare(), reset)(url));
    expect(response.status).toBe(203);
    expect(response.headers.get('x-spare')).toBe('yes');
    expect(await response.text()).toBe('spare');
  });

  it('stands in for each of 4 requests that failed, when they have, and for no success', async () => {
    const fetch = script(503, 503, 503, 503, 200);
    const client = createClient({ fetch, fallback: spare() });
    expect(await text(client(url))).toBe('spare');
    expect(fetch.requests).toHaveLength(4);
    expect(await text(client(url))).toBe('answer 5');
  });

  it.each([404, 401, 409, 501])('does not stand in for a %d', async (status) => {
    expect(await text(falling(spare(), status)(url))).toBe('answer 1');
  });

  it('stands in for a 404 that 1 retry was to cure, and did not', async () => {
    const client = createClient({
      fetch: script(404),
      retry: { maxRetries: 1, statuses: [404] },
      fallback: spare(),
    });
    expect(await text(client(url))).toBe('spare');
  });

  it('stands in for a 200 that `when` found wanting, 2 times', async () => {
    const when = ({ response }: Outcome) => response?.headers.has('x-wrong') ?? undefined;
    const wrong = new Response('wrong', { headers: { 'x-wrong': 'yes' } });
    const client = createClient({
      fetch: script(wrong),
      retry: { maxRetries: 1, when },
      fallback: spare(),
    });
    expect(await text(client(url))).toBe('spare');
  });

  it('is given to 1,000 calls one after another, and to 1,000 at once, to each its own', async () => {
    const client = createClient({
      fetch: script(reset),
      retry: false,
      circuitBreaker: false,
      fallback: spare(),
    });
    for (let call = 0; call < 1_000; call++) expect(await (await client(url)).text()).toBe('spare');
    const answers = await Promise.all(Array.from({ length: 1_000 }, () => client(url)));
    expect(new Set(answers).size).toBe(1_000);
    const texts = await Promise.all(answers.map((answer) => answer.text()));
    expect(texts.filter((one) => one === 'spare')).toHaveLength(1_000);
  });

  it('is given to 2 origins, to a call with options of its own, to a child, and when changed', async () => {
    const client = falling(spare(), reset);
    expect(await text(client(url))).toBe('spare');
    expect(await text(client('https://other.example.com/'))).toBe('spare');
    expect(await text(client(url, { resilience: { timeout: 1_000 } }))).toBe('spare');
    expect(await text(client.extend({ name: 'child' })(url))).toBe('spare');
    client.reconfigure({ retry: 0 });
    expect(await text(client(url))).toBe('spare');
  });

  it('is left unread, also when it was given 2 times', async () => {
    const given = spare();
    const client = falling(given, reset);
    for (let call = 0; call < 2; call++) await text(client(url));
    expect(given.bodyUsed).toBe(false);
    expect(await given.text()).toBe('spare');
    expect(await text(client(url))).toBe('spare');
  });

  it('may have no body, a stream for a body, 1 MB of it, or a status of 204', async () => {
    const large = 'x'.repeat(1_000_000);
    const stream = new Blob(['from ', 'a stream']).stream();
    for (const [given, body] of [
      [new Response(null, { status: 204 }), ''],
      [new Response(null), ''],
      [new Response(''), ''],
      [new Response(large), large],
      [new Response(stream), 'from a stream'],
    ] as const) {
      const client = falling(given, reset);
      for (let call = 0; call < 3; call++) {
        const response = await settle(client(url));
        expect(response.status).toBe(given.status);
        expect(await response.text()).toBe(body);
      }
    }
  });

  it('does not share its headers: what 1 caller sets, the next one does not see', async () => {
    const client = falling(spare(), reset);
    (await settle(client(url))).headers.set('x-spare', 'changed');
    expect((await settle(client(url))).headers.get('x-spare')).toBe('yes');
  });

  it('that was read, is being read, or is no answer, is refused as 1 wrong option', async () => {
    const read = spare();
    await read.text();
    const locked = spare();
    locked.body?.getReader();
    for (const fallback of [read, locked, Response.error()]) {
      expect(() => createClient({ fallback })).toThrow(
        new OptionsError(
          'fallback: expected a Response that has a status and was not read, got an object',
        ),
      );
      const call = falling(false, reset)(url, { resilience: { fallback } });
      expect(await rejection(call)).toBeInstanceOf(OptionsError);
    }
  });

  it('that is read behind its back leaves the error standing, with 1 warning a call', async () => {
    const given = spare();
    const client = falling(given, reset);
    await given.text();
    expect(await rejection(client(url))).toBe(reset);
    expect(warnings).toHaveBeenCalledTimes(1);
  });

  it('whose body breaks leaves the error standing, with 1 warning a call', async () => {
    const body = new ReadableStream({ pull: (controller) => controller.error(new Error('torn')) });
    const client = falling(new Response(body), reset);
    for (let call = 1; call <= 2; call++) {
      expect(await rejection(client(url))).toBe(reset);
      expect(warnings).toHaveBeenCalledTimes(call);
    }
    expect(warnings).toHaveBeenLastCalledWith('The fallback failed: torn', expect.anything());
  });

  it('whose body never ends does not keep a caller who aborts after 100 ms', async () => {
    const client = falling(new Response(new ReadableStream()), reset);
    const controller = new AbortController();
    const call = client(url, { signal: controller.signal }).catch((reason: unknown) => reason);
    await pass(100);
    controller.abort('stop');
    expect(await call).toBe('stop');
    expect(warnings).toHaveBeenCalledTimes(0);
  });
});

describe('a function', () => {
  it('is told of the failure, and of 6 things beside it, none of them private', async () => {
    const told: [Outcome, FailureInfo][] = [];
    const fallback: FallbackFunction = (failure, info) => {
      told.push([failure, info]);
      return spare();
    };
    const client = createClient({ fetch: script(reset), retry: 2, fallback });
    await settle(client(url));
    expect(told).toEqual([
      [
        { error: reset },
        { origin, method: 'GET', path: '/things', attempts: 3, stopped: 'retries-exhausted' },
      ],
    ]);
    expect(told[0]?.[0].error).toBe(reset);
  });

  it('answers by status: a 404 with nothing found, a 410 not at all', async () => {
    const fallback: FallbackFunction = ({ response }) =>
      response?.status === 404 ? Response.json([]) : undefined;
    const client = falling(fallback, 404, 410, 200);
    expect(await (await settle(client(url))).json()).toEqual([]);
    expect(await text(client(url))).toBe('answer 2');
    expect(await text(client(url))).toBe('answer 3');
  });

  it('is asked about 400 and 599, and not about 399, 304 or 200: 2 of 5', async () => {
    const fallback = vi.fn(() => undefined);
    const lines = [200, 304, 399, 400, 599].map((status) => () => new Response(null, { status }));
    const client = falling(fallback, ...lines);
    for (const _ of lines) await settle(client(url));
    expect(fallback).toHaveBeenCalledTimes(2);
  });

  it.each<[string, ClientOptions, Line, object]>([
    ['the total of 100 ms', { timeout: 100 }, hang, { name: 'TimeoutError', timeout: 'total' }],
    [
      'the attempt’s 100 ms',
      { timeout: { attempt: 100 } },
      hang,
      { name: 'TimeoutError', timeout: 'attempt' },
    ],
    ['a reset', {}, reset, reset],
    ['a bug', {}, new TypeError('x is not a function'), { message: 'x is not a function' }],
  ])('sees the error of %s', async (_, options, line, expected) => {
    const fallback = vi.fn((_: Outcome) => spare());
    const client = createClient({ fetch: script(line), retry: false, fallback, ...options });
    expect(await text(client(url))).toBe('spare');
    expect(fallback.mock.calls[0]?.[0].error).toMatchObject(expected);
  });

  it('sees 3 kinds of refusal: an open circuit, a throttle, a pause for everybody', async () => {
    const seen: unknown[] = [];
    const fallback: FallbackFunction = ({ error }, { attempts, stopped }) => {
      if (error) seen.push([(error as Error).name, attempts, stopped]);
      return error ? spare() : undefined;
    };
    const open = falling(fallback, 200);
    open.circuit(url).open();
    expect(await text(open(url))).toBe('spare');

    const throttled = createClient({
      ...{ fetch: script(429), retry: false, throttle: true, random: () => 0, fallback },
    });
    for (let call = 0; call < 2; call++) await settle(throttled(url));

    const pause = new Response(null, { status: 429, headers: { 'retry-after': '60' } });
    const retry = { maxRetries: 0, retryAfter: { scope: 'origin' } } as const;
    const held = createClient({ fetch: script(pause), retry, fallback });
    for (let call = 0; call < 2; call++) await settle(held(url));

    expect(seen).toEqual([
      ['CircuitOpenError', 0, 'refused'],
      ['ThrottledError', 0, 'refused'],
      ['CooldownError', 0, 'refused'],
    ]);
    for (const client of [open, throttled, held]) {
      expect(client.health().inFlight).toBe(0);
      await client.close();
    }
  });

  it('stands over the client’s where it is a call’s own, and is off for a call with `false`', async () => {
    const client = falling(() => new Response('client'), reset);
    const resilience = { fallback: () => new Response('call') };
    expect(await text(client(url, { resilience }))).toBe('call');
    expect(await text(client(url))).toBe('client');
    expect(await rejection(client(url, { resilience: { fallback: false } }))).toBe(reset);
  });

  it('may ask another client: 1 request there, its text here', async () => {
    const spareFetch = script(new Response('elsewhere'));
    const other = createClient({ fetch: spareFetch });
    const client = falling(() => other('https://spare.example.com/'), reset);
    const response = await settle(client(url));
    expect(await response.text()).toBe('elsewhere');
    expect(spareFetch.requests).toHaveLength(1);
    expect(explain(response)).toMatchObject({ origin, substituted: true });
  });

  it('may ask the very client that it belongs to, which does not go on for ever: 2 requests', async () => {
    const fetch = script(reset);
    const resilience = { fallback: false } as const;
    const client: typeof globalThis.fetch = createClient({
      fetch,
      retry: false,
      fallback: () => client(url, { resilience } as RequestInit),
    });
    expect(await rejection(client(url))).toBe(reset);
    expect(fetch.requests).toHaveLength(2);
  });
});

describe('a function that fails', () => {
  it.each<[string, FallbackFunction, string]>([
    [
      'throws',
      () => {
        throw new Error('a bug');
      },
      'a bug',
    ],
    ['rejects', () => Promise.reject(new Error('a bug')), 'a bug'],
    ['rejects later', () => later(50).then(() => Promise.reject(new Error('a bug'))), 'a bug'],
    ['throws a string', () => Promise.reject('a bug'), 'string'],
    ...(['text', 5, {}, { status: 200 }, true, [], () => spare()] as unknown[]).map(
      (garbage): [string, FallbackFunction, string] => [
        `gives ${typeof garbage} ${JSON.stringify(garbage)}`,
        () => garbage as Response,
        'it gave no Response',
      ],
    ),
  ])('%s, leaves the error standing, and the process gets 1 warning', async (_, fallback, said) => {
    const error = await rejection(falling(fallback, reset)(url));
    expect(error).toBe(reset);
    expect(warnings).toHaveBeenCalledExactlyOnceWith(`The fallback failed: ${said}`, {
      code: 'RESILIENT_FETCH_HOOK',
    });
    expect(explain(error)?.substituted).toBeUndefined();
  });

  it('leaves a 503 standing too, unread', async () => {
    const response = await settle(falling(() => Promise.reject(new Error('a bug')), 503)(url));
    expect(response.status).toBe(503);
    expect(response.bodyUsed).toBe(false);
    expect(await response.text()).toBe('answer 1');
  });

  it.each([undefined, null, false])('gives %s, and that is no fault: 0 warnings', async (given) => {
    const error = await rejection(falling(() => given as undefined, reset)(url));
    expect(error).toBe(reset);
    expect(warnings).toHaveBeenCalledTimes(0);
  });

  it('hangs, and the caller who aborts after 100 ms gets his reason at once', async () => {
    const client = falling(() => new Promise(() => {}), reset);
    const controller = new AbortController();
    const call = client(url, { signal: controller.signal }).catch((reason: unknown) => reason);
    await pass(100);
    controller.abort('stop');
    expect(await call).toBe('stop');
    expect(warnings).toHaveBeenCalledTimes(0);
    expect(client.health().inFlight).toBe(0);
  });
});

describe('the body of what failed', () => {
  it('is let go of when it is replaced: a long one is cancelled, 1 time', async () => {
    for (const fallback of [spare(), spare]) {
      const { cancelled, answer } = watched();
      expect(await text(falling(fallback, answer)(url))).toBe('spare');
      expect(cancelled).toHaveBeenCalledTimes(1);
    }
  });

  it('stays with the caller when it is not: 0 times cancelled', async () => {
    const { cancelled, answer } = watched();
    const response = await settle(falling(() => undefined, answer)(url));
    expect(response.status).toBe(503);
    expect(response.bodyUsed).toBe(false);
    expect(cancelled).toHaveBeenCalledTimes(0);
  });

  it('may be read by the function and given as something else', async () => {
    const fallback: FallbackFunction = async ({ response }) =>
      new Response(`said: ${await response?.text()}`);
    expect(await text(falling(fallback, 404)(url))).toBe('said: answer 1');
  });

  it('may be read from a clone, and stays whole for the caller: 8 characters', async () => {
    const read: string[] = [];
    const fallback: FallbackFunction = async ({ response }) => {
      read.push((await response?.clone().text()) ?? '');
      return undefined;
    };
    expect(await text(falling(fallback, 404)(url))).toBe('answer 1');
    expect(read).toEqual(['answer 1']);
  });

  it('may be given in another Response, a 404 as a 200', async () => {
    const answer = (length: boolean) => () =>
      new Response('not here', {
        status: 404,
        headers: length ? { 'content-length': '8' } : {},
      });
    for (const line of [answer(true), answer(false)]) {
      const fallback: FallbackFunction = ({ response }) => new Response(response?.body);
      const response = await settle(falling(fallback, line)(url));
      expect(response.status).toBe(200);
      expect(await response.text()).toBe('not here');
    }
  });

  it('is given when the very Response that failed is: no substitute, 0 events', async () => {
    const client = falling(({ response }) => response, 503);
    const used = vi.fn();
    client.on('fallback.used', used);
    const response = await settle(client(url));
    expect(response.status).toBe(503);
    expect(await response.text()).toBe('answer 1');
    expect(explain(response)?.substituted).toBeUndefined();
    expect(used).toHaveBeenCalledTimes(0);
  });

  it('is let go of when the caller aborts meanwhile, 1 time, and what comes too late as well', async () => {
    const failed = watched();
    const late = watched(200);
    const client = falling(() => later(200).then(late.answer), failed.answer);
    const controller = new AbortController();
    const call = client(url, { signal: controller.signal }).catch((reason: unknown) => reason);
    await pass(100);
    controller.abort('stop');
    expect(await call).toBe('stop');
    expect(failed.cancelled).toHaveBeenCalledTimes(1);
    expect(late.cancelled).toHaveBeenCalledTimes(0);
    await pass(100);
    expect(late.cancelled).toHaveBeenCalledTimes(1);
  });

  it.each([{ body: 'text' }, 'text', 5, null, new Error('late')])(
    'is no matter where garbage comes too late: %j, 0 unhandled rejections',
    async (garbage) => {
      const fallback = async () => {
        await later(200);
        if (garbage instanceof Error) throw garbage;
        return garbage as unknown as Response;
      };
      const controller = new AbortController();
      const call = falling(fallback, reset)(url, { signal: controller.signal });
      const end = call.catch((reason: unknown) => reason);
      await pass(100);
      controller.abort('stop');
      expect(await end).toBe('stop');
      await pass(200);
      expect(warnings).toHaveBeenCalledTimes(0);
    },
  );
});

describe('an abort by the caller', () => {
  it('is his last word: 0 calls of the function, in an attempt, in a backoff, before the call', async () => {
    for (const [line, after] of [
      [hang, 50],
      [503, 50],
      [200, -1],
    ] as const) {
      const fallback = vi.fn(spare);
      const retry = { backoff: { base: 1_000, jitter: 'none' } } as const;
      const client = createClient({ fetch: script(line), retry, fallback });
      const controller = new AbortController();
      if (after < 0) controller.abort('stop');
      const call = client(url, { signal: controller.signal }).catch((reason: unknown) => reason);
      await pass(Math.max(after, 0));
      controller.abort('stop');
      expect(await call).toBe('stop');
      expect(fallback).toHaveBeenCalledTimes(0);
    }
  });

  it('by the function itself wins over what it gives', async () => {
    const controller = new AbortController();
    const given = watched(200);
    const client = falling(() => {
      controller.abort('stop');
      return given.answer();
    }, reset);
    expect(await rejection(client(url, { signal: controller.signal }))).toBe('stop');
    await pass(0);
    expect(given.cancelled).toHaveBeenCalledTimes(1);
  });

  it('after the call does nothing to the substitute: its 5 characters are there', async () => {
    const controller = new AbortController();
    const response = await settle(falling(spare(), reset)(url, { signal: controller.signal }));
    controller.abort('stop');
    expect(await response.text()).toBe('spare');
  });
});

describe('what is told of it', () => {
  it('is 1 event with the outcome that it replaced, and no query', async () => {
    for (const [line, outcome] of [
      [503, '503'],
      [reset, 'ECONNRESET'],
      [hang, 'ERR_RESILIENCE_TIMEOUT'],
    ] as const) {
      const fetch = script(line);
      const client = createClient({ name: 'things', fetch, retry: false, fallback: spare() });
      const used: Events['fallback.used'][] = [];
      client.on('fallback.used', (event) => used.push(event));
      await settle(client(url));
      expect(used).toEqual([
        { client: 'things', origin, id: used[0]?.id, method: 'GET', path: '/things', outcome },
      ]);
    }
  });

  it.each<[string, ClientOptions, Line, string]>([
    ['503 after 1 retry', { retry: 1 }, 503, 'retries-exhausted'],
    ['503 without retries', { retry: false }, 503, 'retries-off'],
    ['reset of a POST', { retry: 3 }, reset, 'method'],
    ['total timeout', { timeout: 100 }, hang, 'timeout'],
    ['total timeout without retries', { timeout: 100, retry: false }, hang, 'timeout'],
    ['bug', {}, new TypeError('x is not a function'), 'final'],
  ])('in the log is the reason of the failure: %s', async (_, options, line, stopped) => {
    const client = createClient({ fetch: script(line), fallback: spare(), ...options });
    const response = await settle(client(url, { method: stopped === 'method' ? 'POST' : 'GET' }));
    const log = explain(response);
    expect(await response.text()).toBe('spare');
    expect(log).toMatchObject({ stopped, substituted: true, origin, path: '/things' });
    expect(log?.attempts.length).toBeGreaterThanOrEqual(1);
  });

  it('in the log of a refusal is that 0 attempts were made', async () => {
    for (const retry of [3, false] as const) {
      const client = createClient({ fetch: script(200), retry, fallback: spare() });
      client.circuit(url).open();
      const log = explain(await settle(client(url)));
      expect(log).toMatchObject({ stopped: 'refused', substituted: true, attempts: [] });
      await client.close();
    }
  });

  it('is a log of its own for each of 100 calls that shared 1 Response', async () => {
    const client = falling(spare(), reset);
    const answers = await Promise.all(Array.from({ length: 100 }, () => client(url)));
    const ids = answers.map((answer) => explain(answer)?.id);
    expect(new Set(ids).size).toBe(100);
    expect(ids).not.toContain(undefined);
    await client.close();
  });

  it('puts nothing back into the retry budget: 9 tokens, and 9.1 after a real success', async () => {
    const fetch = script(503, 503, 200);
    const client = createClient({
      fetch,
      retry: 1,
      retryBudget: { capacity: 10, deposit: 0.1, trickle: 0 },
      fallback: spare(),
    });
    const budget = () => client.health().origins[origin]?.retryBudget;
    await settle(client(url));
    expect(budget()).toBe(9);
    await settle(client(url));
    expect(budget()).toBeCloseTo(9.1, 10);
  });

  it('counts for the circuit as the failure that it was: open after 10', async () => {
    const client = falling(spare(), 500);
    for (let call = 0; call < 10; call++) expect(await text(client(url))).toBe('spare');
    expect(client.circuit(url).state).toBe('open');
    expect(await text(client(url))).toBe('spare');
    await client.close();
  });
});

function later(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
