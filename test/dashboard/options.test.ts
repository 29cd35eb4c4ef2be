import { createClient, OptionsError } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { checkClient, checkDashboardOptions } from '../../src/dashboard/options.ts';

const authorise = () => true;

test('takes all 4 options', () => {
  const clients = [createClient()];
  const options = { clients, window: 60_000, path: '/ops', controls: { authorise } };
  expect(checkDashboardOptions(options)).toEqual(options);
  expect(checkDashboardOptions({})).toEqual({});
});

test.each<[unknown, string]>([
  [{ clients: createClient() }, 'clients: expected an array of clients, got a function'],
  [{ clients: [fetch] }, 'clients.0: expected a client (what createClient gives), got a function'],
  [{ window: 9_999 }, 'window: expected milliseconds from 10000 to 600000, got 9999'],
  [{ window: '120s' }, 'window: expected milliseconds from 10000 to 600000, got "120s"'],
  [{ path: 'dashboard' }, `path: expected a path such as '/dashboard', got "dashboard"`],
  [{ controls: true }, 'controls: expected an object, got true'],
  [{ controls: {} }, 'controls.authorise: expected a function (request) => boolean, got undefined'],
  [
    { controls: { authorize: authorise, authorise } },
    'controls.authorize: unknown option; did you mean authorise?',
  ],
  [{ client: [] }, 'client: unknown option; did you mean clients?'],
  [[], 'options: expected an object, got an array'],
])('says what is wrong, 1 of 10 ways: %j', (options, message) => {
  expect(() => checkDashboardOptions(options)).toThrow(new OptionsError(message));
});

test('takes 1 client by itself, and nothing else for one', () => {
  const client = createClient();
  expect(checkClient(client)).toBe(client);
  expect(() => checkClient(undefined)).toThrow(
    new OptionsError('client: expected a client (what createClient gives), got undefined'),
  );
});
