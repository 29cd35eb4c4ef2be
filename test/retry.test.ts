import {
  CircuitOpenError,
  type Events,
  explain,
  OptionsError,
  type RetryPolicy,
  retry,
  TimeoutError,
  withContext,
  withDeadline,
} from 'resilient-fetch';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, rejection, settle, useFakeClock } from './support/clock.ts';
import { networkError } from './support/script.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const boom = () => new Error('boom');
/** No jitter: each wait is its ceiling. */
const exact = { backoff: { jitter: 'none' } } as const;

/** A function that fails so many times, and remembers when it was called. */
function flaky(failures: number, error: () => unknown = boom) {
  const times: number[] = [];
  const fn = async () => {
    times.push(Math.round(performance.now()));
    if (times.length <= failures) throw error();
    return 'done';
  };
  const since = () => times.map((time) => time - (times[0] ?? 0));
  return Object.assign(fn, { times, since });
}

class Revoked extends Error {}
class NotFound extends Error {}

describe('how often and when', () => {
  it('gives what the function gave, after 2 waits of 200 and 400 ms', async () => {
    const fn = flaky(2);
    expect(await settle(retry(fn, { retry: exact }))).toBe('done');
    expect(fn.since()).toEqual([0, 200, 600]);
  });

  it('gives up after 3 retries, or the number asked for, with the function’s own last error', async () => {
    for (const [policy, calls] of [
      [undefined, 4],
      [{ retry: 5 }, 6],
      [{ retry: false }, 1],
      [{ retry: { maxRetries: 0 } }, 1],
    ] as const) {
      const errors: Error[] = [];
      const fn = () => {
        errors.push(boom());
        throw errors.at(-1);
      };
      expect(await rejection(retry(fn, policy))).toBe(errors.at(-1));
      expect(errors).toHaveLength(calls);
    }
  });

  it('asks a function for the wait, and tells it of the error and of the attempt: 7 ms, then 14', async () => {
    const told: unknown[] = [];
    const backoff = ({ attempt, outcome }: { attempt: number; outcome: { error?: unknown } }) => {
      told.push(outcome.error);
      return 7 * attempt;
    };
    const fn = flaky(2);
    await settle(retry(fn, { retry: { backoff } }));
    expect(fn.since()).toEqual([0, 7, 21]);
    expect(told).toEqual([boom(), boom()]);
  });

  it('takes a value, undefined and a thenable for what they are: 1 call each', async () => {
    expect(await retry(() => 0)).toBe(0);
    expect(await retry(() => undefined)).toBeUndefined();
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
    const thenable = { then: (resolve: (value: string) => void) => resolve('then') };
    expect(await retry(() => thenable as PromiseLike<string>)).toBe('then');
  });

  it('passes on what is thrown and no Error, undefined too, after 4 attempts', async () => {
    for (const thrown of ['a string', undefined, null]) {
      const fn = flaky(9, () => thrown);
      expect(await rejection(retry(fn))).toBe(thrown);
      expect(fn.times).toHaveLength(4);
    }
  });
});

describe('what is tried again', () => {
  const attemptsFor = async (error: () => unknown, policy: RetryPolicy = {}) => {
    const fn = flaky(99, error);
    await rejection(retry(fn, { ...policy, circuitBreaker: false }));
    return fn.times.length;
  };

  it.each([
    ['an Error', 4, boom],
    ['an error of the network', 4, () => networkError('ECONNRESET')],
    ['a TypeError', 1, () => new TypeError('x is not a function')],
    ['a bad URL, which is a TypeError', 1, () => new TypeError('fetch failed', { cause: boom() })],
    ['an abort that is not the call’s', 1, () => new DOMException('', 'AbortError')],
  ])('%s: %i calls', async (_, attempts, error) => {
    expect(await attemptsFor(error)).toBe(attempts);
  });

  it('not what is permanent, by class, code or function: 1 call', async () => {
    const gone = () => Object.assign(boom(), { code: 'GONE' });
    expect(await attemptsFor(() => new NotFound(), { permanent: [NotFound] })).toBe(1);
    expect(await attemptsFor(gone, { permanent: ['GONE'] })).toBe(1);
    expect(await attemptsFor(boom, { permanent: [(error) => `${error}`.includes('boom')] })).toBe(
      1,
    );
    expect(await attemptsFor(boom, { permanent: [NotFound, 'GONE', () => false] })).toBe(4);
  });

  it('a bug only where it is named: 1 call, then 4', async () => {
    const bug = () => new RangeError('a bug');
    const loose = [Error, () => true];
    expect(await attemptsFor(bug, { recoverable: loose })).toBe(1);
    expect(await attemptsFor(bug, { recoverable: [RangeError] })).toBe(4);
  });

  const refusal = () => new CircuitOpenError(5, { origin: 'https://a.test', attempts: 0 });

  it('not a refusal of a call that was made inside, unless it is named: 1 call, then 4', async () => {
    expect(await attemptsFor(refusal)).toBe(1);
    expect(await attemptsFor(refusal, { recoverable: [CircuitOpenError] })).toBe(4);
  });

  it('gives a refusal from inside as the last error, and not the one before: attempt 2', async () => {
    const fn = ({ attempt }: { attempt: number }) => {
      throw attempt === 1 ? boom() : refusal();
    };
    const error = await rejection(retry(fn));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(explain(error)).toMatchObject({ stopped: 'final', attempts: [{}, {}] });
  });
});

describe('circuit and budget', () => {
  it('share the state of a name: 10 failures in a row open the circuit, and the 11th call is refused', async () => {
    const fn = flaky(99);
    const policy = (): RetryPolicy => ({ name: 'shared', retry: false });
    for (let call = 0; call < 10; call++) await rejection(retry(fn, policy()));
    const error = await rejection(retry(fn, policy()));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ origin: 'shared', attempts: 0, retryAfter: 5_000 });
    expect(fn.times).toHaveLength(10);
    expect(retry.health().shared).toMatchObject({ circuit: 'open', failures: 10, inFlight: 0 });
    retry.circuit('shared').close();
    expect(await settle(retry(async () => 'well', policy()))).toBe('well');
  });

  it('share nothing between policies without a name: 40 failures, none refused', async () => {
    const fn = flaky(99);
    for (let call = 0; call < 40; call++) await rejection(retry(fn, { retry: false }));
    expect(fn.times).toHaveLength(40);
  });

  it('share the state of one policy that is used again, nameless: the 11th call is refused', async () => {
    const fn = flaky(99);
    const policy: RetryPolicy = { retry: false };
    for (let call = 0; call < 11; call++) await rejection(retry(fn, policy));
    expect(fn.times).toHaveLength(10);
  });

  it('pay retries from 10 tokens: 8 calls of 4 attempts make 18 and not 32', async () => {
    const fn = flaky(99);
    const policy: RetryPolicy = {
      name: 'poor',
      circuitBreaker: false,
      retryBudget: { trickle: 0 },
    };
    let last: unknown;
    for (let call = 0; call < 8; call++) last = await rejection(retry(fn, policy));
    expect(fn.times).toHaveLength(18);
    expect(explain(last)?.stopped).toBe('budget');
  });

  it('take no notice of what is permanent, nor of bugs: 20 of each, and the circuit is closed', async () => {
    const policy: RetryPolicy = { name: 'blameless', permanent: [NotFound] };
    for (let call = 0; call < 20; call++) {
      await rejection(
        retry(
          flaky(9, () => new NotFound()),
          policy,
        ),
      );
      await rejection(
        retry(
          flaky(9, () => new TypeError('a bug')),
          policy,
        ),
      );
    }
    expect(retry.health().blameless).toMatchObject({
      circuit: 'closed',
      failures: 0,
      retryBudget: 10,
    });
  });
});

describe('what is terminal', () => {
  const policyOf = (name: string): RetryPolicy => ({ name, retry: exact, terminal: [Revoked] });
  const revoked = () => new Revoked('the key was revoked');

  it('opens the circuit at the 1st error, for others too, and costs no token', async () => {
    const opened: Events['circuit.opened'][] = [];
    const off = retry.on('circuit.opened', (event) => opened.push(event));
    const policy = policyOf('vault');
    const waits = flaky(99);
    const other = rejection(retry(waits, policy));
    await pass(0);
    expect(await rejection(retry(flaky(9, revoked), policy))).toBeInstanceOf(Revoked);
    expect(await rejection(retry(flaky(0), policy))).toBeInstanceOf(CircuitOpenError);
    expect(await other).toEqual(boom());
    expect(waits.times).toHaveLength(1);
    expect(explain(await other)?.stopped).toBe('circuit-open');
    expect(opened).toMatchObject([{ origin: 'vault', reason: 'terminal-error', openFor: 5_000 }]);
    expect(retry.health().vault?.retryBudget).toBe(10);
    off();
  });

  it('is asked again by a probe after 5 s, which opens it anew or closes it', async () => {
    const policy = policyOf('mended');
    await rejection(retry(flaky(9, revoked), policy));
    await pass(5_000);
    await rejection(retry(flaky(9, revoked), policy));
    expect(retry.circuit('mended').state).toBe('open');
    await pass(60_000);
    expect(await settle(retry(flaky(0), policy))).toBe('done');
    expect(retry.circuit('mended').state).toBe('closed');
  });

  it('is what an error is that is named permanent and recoverable as well', async () => {
    const all = { recoverable: [Revoked], permanent: [Revoked], terminal: [Revoked] };
    await rejection(retry(flaky(9, revoked), { name: 'strict', ...all }));
    expect(retry.circuit('strict').state).toBe('open');
  });

  it('is only given up where the breaker is off: 1 call, and the next is let out', async () => {
    const policy = { ...policyOf('none'), circuitBreaker: false };
    const fn = flaky(1, revoked);
    await rejection(retry(fn, policy));
    expect(await settle(retry(fn, policy))).toBe('done');
  });
});

describe('time', () => {
  it('ends a deaf function’s call at 30 s, the deadline, and drops what comes later', async () => {
    const late = Promise.withResolvers<string>();
    const call = rejection(retry(() => late.promise));
    await pass(29_999);
    const error = await call;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'total', milliseconds: 30_000, attempts: 1 });
    late.reject(new Error('too late'));
    await pass(10);
  });

  it('aborts each attempt’s own signal after 100 ms, and tries again: 2 attempts', async () => {
    const signals: AbortSignal[] = [];
    const call = retry(
      ({ signal, attempt }) => {
        signals.push(signal);
        return attempt === 1 ? new Promise(() => {}) : 'second';
      },
      { timeout: { attempt: 100 }, random: () => 0 },
    );
    await pass(99);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    expect(await settle(call)).toBe('second');
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(signals[0]?.reason).toMatchObject({ name: 'TimeoutError', timeout: 'attempt' });
  });

  it('has 0 unhandled rejections of attempts that fail when they are given up already', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const fn = () => new Promise((_, reject) => setTimeout(() => reject(boom()), 500));
    const error = await rejection(retry(fn, { timeout: { attempt: 100 } }));
    await pass(5_000);
    process.off('unhandledRejection', unhandled);
    expect(error).toMatchObject({ name: 'TimeoutError', timeout: 'attempt' });
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('begins no wait that would pass the deadline of 500 ms: the last error stands', async () => {
    const fn = flaky(99);
    const policy: RetryPolicy = { timeout: 500, retry: exact };
    const error = await rejection(retry(fn, policy));
    expect(fn.since()).toEqual([0, 200]);
    expect(error).toEqual(boom());
    expect(explain(error)?.stopped).toBe('deadline');
  });

  it('tells the function its deadline: the attempt’s 1,000 ms, then what the call’s 1,500 leave', async () => {
    const left: number[] = [];
    const fn = ({ deadline }: { deadline: number }) => {
      left.push(Math.round(deadline - performance.now()));
      throw boom();
    };
    const timeout = { total: 1_500, attempt: 1_000 };
    await rejection(retry(fn, { timeout, retry: { ...exact, maxRetries: 2 } }));
    expect(left).toEqual([1_000, 1_000, 900]);
    left.length = 0;
    await rejection(retry(fn, { timeout: false, retry: false }));
    expect(left).toEqual([Number.POSITIVE_INFINITY]);
  });
});

describe('the caller’s abort', () => {
  it('ends an attempt and a wait at once, with his own reason: 0 further calls', async () => {
    for (const fn of [flaky(99), () => new Promise<string>(() => {})]) {
      const controller = new AbortController();
      const call = rejection(retry(fn, { retry: exact }, { signal: controller.signal }));
      await pass(50);
      controller.abort('enough');
      expect(await call).toBe('enough');
    }
  });

  it('before the call lets out 0 attempts', async () => {
    const fn = flaky(0);
    const signal = AbortSignal.abort('never');
    expect(await rejection(retry(fn, {}, { signal }))).toBe('never');
    expect(fn.times).toHaveLength(0);
  });

  it('is no fault of what was called: 0 failures', async () => {
    const policy = { name: 'aborted' };
    for (let call = 0; call < 12; call++) {
      const controller = new AbortController();
      const { signal } = controller;
      const ended = rejection(retry(() => new Promise(() => {}), policy, { signal }));
      await pass(1);
      controller.abort();
      await ended;
    }
    expect(retry.health().aborted).toMatchObject({ circuit: 'closed', failures: 0 });
  });
});

describe('the key', () => {
  const keysOf = async (call?: { idempotencyKey: string }) => {
    const keys: string[] = [];
    const fn = ({ idempotencyKey, attempt }: { idempotencyKey: string; attempt: number }) => {
      keys.push(idempotencyKey);
      if (attempt < 3) throw boom();
    };
    await settle(retry(fn, {}, call));
    return keys;
  };

  it('is 1 on all 3 attempts, another one for each call, or the one given', async () => {
    const [first, second] = [await keysOf(), await keysOf()];
    expect(new Set(first).size).toBe(1);
    expect(new Set([...first, ...second]).size).toBe(2);
    expect(await keysOf({ idempotencyKey: 'order-1' })).toEqual(['order-1', 'order-1', 'order-1']);
  });
});

describe('what is seen of it', () => {
  it('is a timeline of 3 attempts, with the function’s name in the place of a path', async () => {
    const charge = async () => {
      throw Object.assign(boom(), { code: 'EBUSY' });
    };
    const policy: RetryPolicy = { name: 'payments', retry: { ...exact, maxRetries: 2 } };
    const error = await rejection(retry(charge, policy));
    expect(explain(error)).toMatchObject({ method: 'call', origin: 'payments', path: '/charge' });
    expect(explain(error)?.stopped).toBe('retries-exhausted');
    expect(String(explain(error))).toBe(
      [
        'call payments/charge → EBUSY after 600 ms, 3 attempts',
        '      0 ms  ████████████████········  attempt 1  EBUSY in 0 ms, then 200 ms of backoff'.replace(
          /█+·+/,
          '█·······                ',
        ),
        '    200 ms          █···············  attempt 2  EBUSY in 0 ms, then 400 ms of backoff',
        '    600 ms                         █  attempt 3  EBUSY in 0 ms; no retry: none is left',
      ].join('\n'),
    );
  });

  it('is 7 events of a call with 1 retry, none of which holds the error’s message', async () => {
    const heard: (readonly [string, unknown])[] = [];
    const names = [
      ...(['call.started', 'attempt.started', 'attempt.ended', 'retry.scheduled'] as const),
      ...(['retry.refused', 'call.ended'] as const),
    ];
    const off = names.map((name) => retry.on(name, (event) => heard.push([name, event])));
    const load = flaky(1, () => new Error('secret'));
    Object.defineProperty(load, 'name', { value: 'load' });
    await settle(retry(load, { name: 'store' }));
    expect(heard.map(([name]) => name)).toEqual([
      ...['call.started', 'attempt.started', 'attempt.ended', 'retry.scheduled'],
      ...['attempt.started', 'attempt.ended', 'call.ended'],
    ]);
    const about = { client: 'functions', origin: 'store', method: 'call', path: '/load' };
    for (const [, event] of heard) expect(event).toMatchObject(about);
    expect(heard.at(-1)?.[1]).toMatchObject({ outcome: 'returned' });
    expect(JSON.stringify(heard)).not.toContain('secret');
    for (const end of off) end();
  });

  it('is described in 9 lines, with the state of the name', async () => {
    const policy: RetryPolicy = { name: 'described', timeout: { total: 10_000, attempt: 2_000 } };
    expect(retry.describe(policy)).toContain('now              not called yet');
    await settle(retry(flaky(0), policy));
    const text = retry.describe(policy);
    expect(text.split('\n')).toHaveLength(9);
    expect(text).toContain('retry            3 more attempts after an error that may pass');
    expect(text).toContain('attempt timeout  2 s for one attempt');
    expect(text).toContain('now              circuit closed, 0 of 1 attempt failed');
  });
});

describe('a wrong policy', () => {
  it('is told in 1 line for each fault, where it is, and what was meant', async () => {
    const policy = { retries: 3, timeout: { atempt: 5 }, permanent: [null] } as never;
    const error = await rejection(retry(flaky(0), policy));
    expect(error).toBeInstanceOf(OptionsError);
    expect((error as Error).message.split('\n').toSorted()).toEqual([
      'permanent.0: expected an error class, a code, or a function (error) => boolean, got null',
      'retries: unknown option; did you mean retry?',
      'timeout.atempt: unknown option; did you mean attempt?',
    ]);
  });

  it('of a call is told as well', async () => {
    const call = { signal: 5, idempotencyKey: '' } as never;
    expect(await rejection(retry(flaky(0), {}, call))).toMatchObject({
      message: 'signal: expected an AbortSignal, got 5\nidempotencyKey: expected a key, got ""',
    });
  });
});

describe('what is called', () => {
  it('is a function, or 1 error says so', async () => {
    const error = await rejection(retry(5 as never));
    expect(error).toMatchObject({ message: 'retry: expected a function to call' });
    expect(error).toBeInstanceOf(OptionsError);
  });

  it('may have a name that no URL can have: 1 lone half of a character', async () => {
    const half = '\ud800';
    const named = { [half]: () => 1 };
    expect(await settle(retry(named[half] ?? (() => 2)))).toBe(1);
  });
});

describe('in a context', () => {
  it('ends with its deadline, after 500 ms, and tells so once', async () => {
    const told: Events['timeout.expired'][] = [];
    const off = retry.on('timeout.expired', (event) => told.push(event));
    const deaf = () => new Promise<never>(() => {});
    const start = performance.now();
    let after = 0;
    const work = withDeadline(500, () => retry(deaf)).finally(() => {
      after = Math.round(performance.now() - start);
    });
    const error = await settle(rejection(work));
    off();
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 'context' });
    expect(after).toBe(500);
    expect(told).toMatchObject([{ timeout: 'context', after: 500 }]);
  });

  it('is called once where the caller is at his 2nd try', async () => {
    const fn = flaky(1);
    const error = await settle(rejection(withContext({ attempt: 2 }, () => retry(fn))));
    expect(fn.times).toHaveLength(1);
    expect(explain(error)?.stopped).toBe('nested');
  });
});
