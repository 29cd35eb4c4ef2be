import { describe, expect, test } from 'vitest';
import { sourced } from '../../src/describe/sources.ts';
import type { CallOptions } from '../../src/options.ts';
import { defaults } from '../../src/policy.ts';

const from = (...layers: [from: string, options: CallOptions][]) => {
  const { policy, sources } = sourced(layers.map(([name, options]) => ({ from: name, options })));
  return { policy, sources: Object.fromEntries(sources) };
};

describe('where a value comes from', () => {
  test('is told of 0 values that are as they come', () => {
    expect(from()).toEqual({ policy: defaults, sources: {} });
    expect(from(['client', { retry: 3, timeout: { attempt: 10_000 } }]).sources).toEqual({});
  });

  test('is the last of 2 that said it', () => {
    const { policy, sources } = from(['one', { retry: 1, hedge: 40 }], ['two', { retry: 2 }]);
    expect(policy.retry).toMatchObject({ maxRetries: 2 });
    expect(sources).toEqual({ 'retry.maxRetries': 'two', hedge: 'one' });
  });

  test('is the preset for what nobody said beside it, 1 of 3 options here', () => {
    const options = { preset: 'interactive', timeout: 4_000, hedge: false } as const;
    expect(from(['client', options]).sources).toMatchObject({
      'timeout.total': 'client',
      'timeout.attempt': 'preset interactive',
      hedge: 'client',
    });
  });

  test('is told of a part as a whole where that was switched off, and of 0 of its options', () => {
    const { sources } = from(['one', { retry: { maxRetries: 1 } }], ['two', { retry: false }]);
    expect(sources).toEqual({ retry: 'two' });
    const changed = from(
      ['one', { retry: { backoff: { base: 1 } } }],
      ['two', { retry: { backoff: () => 1 } }],
    );
    expect(changed.sources).toEqual({ 'retry.backoff': 'two' });
  });

  test('is told of a list where it differs, 1 of 2', () => {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE', 'QUERY'];
    expect(from(['one', { retry: { methods } }]).sources).toEqual({});
    expect(from(['one', { retry: { methods: ['GET'] } }]).sources).toEqual({
      'retry.methods': 'one',
    });
  });

  test('is told of a Response as of 1 value', () => {
    expect(from(['one', { fallback: new Response('1') }]).sources).toEqual({ fallback: 'one' });
  });
});
