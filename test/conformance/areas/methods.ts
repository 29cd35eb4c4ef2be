import { reply } from '../answers.ts';
import { callOf } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

/** In every case that fetch treats in a way of its own: normalised, passed on as it is, or refused. */
const methods: readonly unknown[] = [
  ...['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT', 'TRACK'],
  ...['get', 'hEaD', 'post', 'put', 'delete', 'patch', 'Patch', 'options', 'trace', 'connect'],
  ...['QUERY', 'query', 'PURGE', 'M-SEARCH', 'PROPFIND', 'REPORT'],
  ...['', 'A B', 'GET\n', ' GET', 'GÉT', 'G:T', 'unknown'],
  ...[undefined, null, 7, true, ['POST'], { toString: () => 'PUT' }, Symbol('GET')],
];

const withBody = ['GET', 'HEAD', 'get', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'patch', 'QUERY'];

function asked(init: unknown): Play {
  return async (stage) => {
    const server = await stage.serve(reply());
    return callOf(() => stage.fetch(server.at('/m'), init as RequestInit));
  };
}

function shown(method: unknown): string {
  return typeof method === 'string' ? JSON.stringify(method) : `${typeof method} ${String(method)}`;
}

export const methodCases: Area = {
  name: 'methods',
  cases: Object.fromEntries([
    ...methods.map((method) => [shown(method), asked({ method })]),
    ...withBody.map((method) => [
      `${JSON.stringify(method)} with a body of 4 bytes`,
      asked({ method, body: 'body' }),
    ]),
    ...['POST', 'PUT', 'PATCH', 'DELETE'].map((method) => [
      `${method} with a body of 0 bytes`,
      asked({ method, body: '' }),
    ]),
  ]),
};
