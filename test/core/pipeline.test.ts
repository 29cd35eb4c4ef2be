import { describe, expect, test } from 'vitest';
import { compose, outcomeOf, type Send, type Strategy, settled } from '../../src/core/pipeline.ts';
import { contextOf, outgoing } from './given.ts';

describe('composed strategies', () => {
  test('are met in their order by a call, 3 on the way in and 3 on the way out', async () => {
    const steps: string[] = [];
    const named =
      (name: string): Strategy =>
      (next) =>
      async (request, context) => {
        steps.push(`into ${name}`);
        const response = await next(request, context);
        steps.push(`out of ${name}`);
        return response;
      };
    const transport: Send = async () => {
      steps.push('sent');
      return new Response();
    };
    await compose([named('1'), named('2'), named('3')], transport)(outgoing(), contextOf());
    expect(steps).toEqual([
      ...['into 1', 'into 2', 'into 3', 'sent', 'out of 3', 'out of 2', 'out of 1'],
    ]);
  });

  test('are the transport itself where there are 0', () => {
    const transport: Send = async () => new Response();
    expect(compose([], transport)).toBe(transport);
  });
});

describe('an outcome', () => {
  test('is the response itself, also of 500', async () => {
    const response = new Response(null, { status: 500 });
    const outcome = await outcomeOf(async () => response, outgoing(), contextOf());
    expect(outcome).toEqual({ response });
    expect(outcome.response).toBe(response);
  });

  test.each([new Error('1'), 'stop', undefined, null])(
    'is what was thrown, 1 of any type: %s',
    async (reason) => {
      const outcome = await outcomeOf(() => Promise.reject(reason), outgoing(), contextOf());
      expect(outcome).toEqual({ error: reason });
      expect(outcome.response).toBeUndefined();
    },
  );

  test.each([new Error('1'), undefined])('is thrown again as it was, 1 of 2: %s', (error) => {
    const attempt = () => {
      try {
        return settled({ error });
      } catch (thrown) {
        return [thrown];
      }
    };
    expect(attempt()).toEqual([error]);
  });

  test('gives its 1 response back', () => {
    const response = new Response();
    expect(settled({ response })).toBe(response);
  });

  test('is what was thrown before there was 1 promise', async () => {
    const error = new Error('at once');
    const outcome = await outcomeOf(
      () => {
        throw error;
      },
      outgoing(),
      contextOf(),
    );
    expect(outcome.error).toBe(error);
  });
});
