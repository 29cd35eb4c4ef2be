import { createClient } from 'resilient-fetch';
import { createDashboard, type Dashboard, type Picture } from 'resilient-fetch/dashboard';
import { expect, test } from 'vitest';

test('makes a dashboard of 4 parts and a way to dispose of it, about a client that has not called anybody', async () => {
  const dashboard: Dashboard = createDashboard({ clients: [createClient()] });
  expect(Object.keys(dashboard)).toEqual(['node', 'fetch', 'watch', 'close']);
  const response = await dashboard.fetch(new Request('http://127.0.0.1/picture'));
  const { origins } = (await response.json()) as Picture;
  expect(origins).toEqual([]);
  dashboard[Symbol.dispose]();
});

test('throws where 1 option is wrong', () => {
  expect(() => createDashboard({ window: 1 })).toThrow(
    'window: expected milliseconds from 10000 to 600000, got 1',
  );
});
