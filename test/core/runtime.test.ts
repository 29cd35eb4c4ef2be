import { expect, test } from 'vitest';
import { attemptEvent, callEvent } from '../../src/core/runtime.ts';
import { contextOf, outgoing, runtimeOf } from './given.ts';

test('an event of a call tells 5 things, and no query, user or password', () => {
  const { runtime } = runtimeOf();
  const event = callEvent(runtime, contextOf(), outgoing({ method: 'post' }));
  expect(event).toEqual({
    client: 'test',
    origin: 'https://api.test',
    id: '1',
    method: 'POST',
    path: '/users/1',
  });
  expect(JSON.stringify(event)).not.toContain('secret');
});

test('an event of an attempt tells its number too, 2 for the second try, and which copy it is of', () => {
  const { runtime } = runtimeOf();
  const context = contextOf({ attempt: 2 });
  expect(attemptEvent(runtime, context, outgoing())).toEqual({
    ...callEvent(runtime, context, outgoing()),
    attempt: 2,
    hedge: false,
  });
  expect(attemptEvent(runtime, { ...context, hedge: 1 }, outgoing())).toMatchObject({
    attempt: 2,
    hedge: true,
  });
});
