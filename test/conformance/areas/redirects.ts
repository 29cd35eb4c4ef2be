import { bare, redirect, reply } from '../answers.ts';
import { callOf } from '../observation.ts';
import type { Area, Play, Stage } from '../stage.ts';

const statuses = [301, 302, 303, 307, 308];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'];
const secrets = {
  authorization: 'Basic dTpw',
  cookie: 'a=1',
  'proxy-authorization': 'Basic dTpw',
  host: 'own.example',
  'x-a': '1',
  'content-type': 'x/own',
  'content-language': 'de',
};

/** One redirect, to the same server or to another. */
function hop(status: number, init: () => RequestInit, elsewhere: boolean = false): Play {
  return async (stage) => {
    const target = elsewhere ? await stage.serve(reply(200, [], 'there')) : undefined;
    const location = target?.at('/there?q=1') ?? '/there?q=1';
    const server = await stage.serve(redirect(status, location), reply(200, [], 'there'));
    return callOf(() => stage.fetch(server.at('/here#fragment'), init()));
  };
}

function stream(): RequestInit {
  const body = new Blob(['streamed']).stream();
  return { method: 'POST', body, duplex: 'half' } as RequestInit;
}

function bodied(method: string): RequestInit {
  return method === 'GET' || method === 'HEAD' ? { method } : { method, body: 'the request' };
}

/** A server that answers with this location, and with 200 after that. */
function located(location: string, status: number = 302): Play {
  return async (stage) => {
    const server = await stage.serve(redirect(status, location), reply());
    return callOf(() => stage.fetch(server.at('/a/b/c?q=1#first')));
  };
}

async function hops(stage: Stage, count: number) {
  const chain = Array.from({ length: count }, (_, index) => redirect(302, `/${index + 1}`));
  const server = await stage.serve(...chain, reply());
  return callOf(() => stage.fetch(server.at('/0')));
}

const locations: Readonly<Record<string, string>> = {
  'a relative one': 'd/e',
  'an absolute path': '/d',
  'a query alone': '?r=2',
  'dot segments': '../../../d/./e',
  'a fragment of its own': '/d#second',
  'a fragment alone': '#second',
  'an empty one': '',
  'white space around': '  /d\t',
  'bytes of UTF-8': `/${Buffer.from('é☃').toString('latin1')}`,
  'bytes of Latin-1': '/\u00e9',
  'escapes in it': '/%2e%2e/%C3%A9?%20',
  'a backslash in it': '\\d\\e',
  'no URL at all': 'http://',
  'a bad port': 'http://127.0.0.1:1/',
  'another scheme': 'ftp://127.0.0.1/',
  'a data: URL': 'data:,hello',
  'a blob: URL': 'blob:nodedata:1',
  'a file: URL': 'file:///etc/hostname',
  'a javascript: URL': 'javascript:1',
  'about:blank': 'about:blank',
};

const table: Record<string, Play> = {};

for (const status of statuses) {
  for (const method of methods) {
    table[`${status} to a ${method}`] = hop(status, () => bodied(method));
  }
  table[`${status} to another origin takes the secrets off`] = hop(
    status,
    () => ({ method: 'POST', body: 'the request', headers: secrets }),
    true,
  );
  table[`${status} within the origin leaves them on`] = hop(status, () => ({
    ...{ method: 'POST', body: 'the request', headers: secrets },
  }));
  for (const mode of ['manual', 'error'] as const) {
    table[`${status}, ${mode}`] = hop(status, () => ({ redirect: mode }));
  }
  table[`${status} to a streamed body`] = hop(status, stream);
  table[`${status} without a location`] = async (stage) => {
    const server = await stage.serve(reply(status));
    return callOf(() => stage.fetch(server.at('/')));
  };
  table[`${status} without a body`] = async (stage) => {
    const server = await stage.serve(bare(status, ['location: /b', 'content-length: 0']), reply());
    return callOf(() => stage.fetch(server.at('/a')));
  };
}

for (const [name, location] of Object.entries(locations)) {
  table[`to ${name}`] = located(location);
}

for (const status of [300, 304, 305, 306, 310]) {
  table[`${status} with a location is no redirect`] = located('/d', status);
}

for (const count of [1, 2, 19, 20, 21, 22]) {
  table[`${count} hops`] = (stage) => hops(stage, count);
}

for (const body of ['a string', 'a form', 'bytes', 'a Blob']) {
  const bodies: Record<string, () => RequestInit['body']> = {
    'a string': () => 'text',
    'a form': () => {
      const form = new FormData();
      form.set('a', '1');
      return form;
    },
    bytes: () => Buffer.from('bytes'),
    'a Blob': () => new Blob(['blob'], { type: 'a/b' }),
  };
  table[`308 to a POST of ${body} sends it 2 times`] = hop(308, () => ({
    ...{ method: 'POST', body: bodies[body]?.() ?? null },
  }));
}

export const redirectCases: Area = {
  name: 'redirects',
  cases: {
    ...table,
    'round in a circle': async (stage) => {
      const server = await stage.serve(redirect(302, '/again'));
      return callOf(() => stage.fetch(server.at('/again')));
    },
    'to another origin and back': async (stage) => {
      const there = await stage.serve(async (exchange) => redirect(307, back)(exchange));
      const server = await stage.serve(redirect(307, there.at('/there')), reply());
      const back = server.at('/back');
      return callOf(() => stage.fetch(server.at('/'), { headers: secrets }));
    },
    'to a server that resets, of a POST': async (stage) => {
      const there = await stage.serve(({ socket }) => socket.resetAndDestroy());
      const server = await stage.serve(redirect(307, there.at('/there')));
      return callOf(() => stage.fetch(server.at('/'), { method: 'POST', body: 'once' }));
    },
    'with credentials in the location': async (stage) => {
      const there = await stage.serve(reply());
      const location = there.at('/there').replace('//', '//user:password@');
      const server = await stage.serve(redirect(302, location));
      return callOf(() => stage.fetch(server.at('/')));
    },
    'with 2 locations': async (stage) => {
      const server = await stage.serve(reply(302, ['location: /a', 'location: /b']), reply());
      return callOf(() => stage.fetch(server.at('/')));
    },
    'to 204, 304 and 404': async (stage) => {
      const calls = [204, 304, 404].map(async (status) => {
        const server = await stage.serve(
          redirect(302, '/b'),
          bare(status, ['x-a: 1', 'content-length: 0']),
        );
        return callOf(() => stage.fetch(server.at('/a')));
      });
      return Promise.all(calls);
    },
    'with a cookie to set, which nobody keeps': async (stage) => {
      const server = await stage.serve(reply(302, ['location: /b', 'set-cookie: a=1']), reply());
      return callOf(() => stage.fetch(server.at('/a')));
    },
    'of an invalid mode': async (stage) => {
      const server = await stage.serve(reply());
      return callOf(() => stage.fetch(server.at('/'), { redirect: 'never' as 'error' }));
    },
  },
};
