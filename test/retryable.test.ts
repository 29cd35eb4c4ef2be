import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import {
  CircuitOpenError,
  currentAttempt,
  explain,
  OptionsError,
  type RetryPolicy,
  retryable,
} from 'resilient-fetch';
import { afterAll, afterEach, beforeAll, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { rejection, settle, useFakeClock } from './support/clock.ts';
import type { decorated } from './support/decorated.mts';

afterEach(() => vi.useRealTimers());

describe('a function that is retryable', () => {
  it('has its `this`, its arguments, its name and its length of 2', async () => {
    useFakeClock();
    const account = {
      balance: 1,
      tries: 0,
      add: retryable(async function add(
        this: { balance: number; tries: number },
        a: number,
        b = 0,
      ) {
        if (++this.tries < 3) throw new Error('busy');
        this.balance += a + b;
        return this.balance;
      }),
    };
    const pay = retryable(async (from: string, to: string) => `${from} → ${to}`);
    expect(await settle(account.add(2, 3))).toBe(6);
    expect(account.tries).toBe(3);
    expect([account.add.name, account.add.length]).toEqual(['add', 1]);
    expect([pay.name, pay.length]).toEqual(['', 2]);
    expect(await pay('a', 'b')).toBe('a → b');
  });

  it('keeps its types: those of 1 that is asynchronous wholly, of another with a promise', async () => {
    const generic = retryable(async <T>(value: T): Promise<T[]> => [value]);
    expectTypeOf(generic).toEqualTypeOf<<T>(value: T) => Promise<T[]>>();
    const plain = retryable((count: number, unit?: string) => `${count} ${unit}`, { retry: 1 });
    expectTypeOf(plain).parameters.toEqualTypeOf<[count: number, unit?: string]>();
    expectTypeOf(plain).returns.toEqualTypeOf<Promise<string>>();
    expect(await generic(1)).toEqual([1]);
    expect(await plain(2, 'km')).toBe('2 km');
    // @ts-expect-error: the arguments are the function's own
    expect(await plain('2')).toBe('2 undefined');
  });

  it('remembers for itself: 2 of them have a circuit each, and 1 refuses its 4th call', async () => {
    useFakeClock();
    const fail = async () => {
      throw new Error('down');
    };
    const [one, other] = [retryable(fail), retryable(fail)];
    let calls = 0;
    while (!((await rejection(one())) instanceof CircuitOpenError)) calls++;
    expect(calls).toBe(3);
    expect(await rejection(other())).toMatchObject({ message: 'down' });
  });

  it('is told of its attempt without an argument: 1, 2 and 3, and nothing outside of it', async () => {
    useFakeClock();
    const told: unknown[] = [];
    const load = retryable(async () => {
      await Promise.resolve();
      const { attempt, signal, idempotencyKey } = currentAttempt() ?? {};
      told.push([attempt, signal?.aborted, typeof idempotencyKey]);
      if (attempt !== 3) throw new Error('busy');
    });
    await settle(load());
    expect(told).toEqual([1, 2, 3].map((attempt) => [attempt, false, 'string']));
    expect(currentAttempt()).toBeUndefined();
  });

  it('is refused a wrong policy where it is made, in 1 line', () => {
    const policy = { name: '' } as RetryPolicy;
    expect(() => retryable(async () => 1, policy)).toThrow(OptionsError);
    expect(() => retryable(policy)).toThrow('name: expected a name, got ""');
  });
});

describe('@retryable, compiled', () => {
  let folder = '';
  let compiled: { decorated: typeof decorated };
  const source = join(import.meta.dirname, 'support', 'decorated.mts');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resilient-fetch-decorated-'));
    const options = {
      ...{ target: 'es2024', module: 'nodenext', outDir: folder },
      ...{ rootDir: join(source, '..'), noResolve: true, noCheck: true, types: [] },
    };
    const project = join(folder, 'tsconfig.json');
    await writeFile(project, JSON.stringify({ compilerOptions: options, files: [source] }));
    const compiler = join(import.meta.dirname, '..', 'node_modules', '.bin', 'tsc');
    await promisify(execFile)(process.execPath, [compiler, '-p', project]);
    const url = pathToFileURL(join(folder, 'decorated.mjs')).href;
    compiled = await import(/* @vite-ignore */ url);
  }, 60_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('retries a method with its `this`, private parts included: 3 attempts, then 3 more', async () => {
    useFakeClock();
    const Store = compiled.decorated(retryable, currentAttempt, {});
    const store = new Store('top');
    expect(await settle(store.load('a', 1))).toBe('top/a');
    expect(await settle(store.load('b'))).toBe('top/b');
    expect(store.attempts).toEqual([1, 2, 3, 1, 2, 3]);
    expect([store.load.name, store.load.length]).toEqual(['load', 2]);
  });

  it('retries a static method: 2 attempts', async () => {
    useFakeClock();
    const Store = compiled.decorated(retryable, currentAttempt, {});
    expect(await settle(Store.open())).toBe(2);
  });

  it('shares 1 state among all instances of the class: the 3rd of 3 is refused', async () => {
    useFakeClock();
    const circuitBreaker = { consecutiveFailures: 2 };
    const Store = compiled.decorated(retryable, currentAttempt, { retry: false, circuitBreaker });
    const errors: unknown[] = [];
    for (let store = 0; store < 3; store++) errors.push(await rejection(new Store('').load('a')));
    expect(errors.map((error) => explain(error)?.attempts.length)).toEqual([1, 1, 0]);
    expect(errors.at(-1)).toBeInstanceOf(CircuitOpenError);
  });

  it('is refused to what is no method: 1 getter', () => {
    const decorate = retryable() as (value: () => unknown, context: object) => unknown;
    expect(() => decorate(() => 1, { kind: 'getter' })).toThrow(
      'retryable: expected a method, got a getter',
    );
  });
});
