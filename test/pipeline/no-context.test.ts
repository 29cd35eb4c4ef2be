import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, test, vi } from 'vitest';
import { createClient, currentContext, withDeadline, withoutContext } from '../../src/index.ts';
import { script } from '../support/script.ts';

test('a call asks for a context 0 times until somebody has opened one, and 1 time after', async () => {
  const asked = vi.spyOn(AsyncLocalStorage.prototype, 'getStore');
  const client = createClient({ fetch: script(200), propagation: true });
  await withoutContext(() => client('https://api.test/'));
  expect(currentContext()).toBeUndefined();
  expect(asked).toHaveBeenCalledTimes(0);

  withDeadline(100, () => {});
  asked.mockClear();
  await client('https://api.test/');
  expect(asked).toHaveBeenCalledTimes(1);
});
