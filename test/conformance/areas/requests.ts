import { redirect, reply } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

/** A Request to an address, and the init beside it. */
type Make = (url: string) => Request | readonly [Request, RequestInit | undefined];

function form(): FormData {
  const form = new FormData();
  form.set('a', '1');
  return form;
}

const post = { method: 'POST', body: 'the request', headers: { 'x-a': '1' } };

class Own extends Request {
  readonly own = true;
}

const made: Readonly<Record<string, Make>> = {
  'of a URL alone': (url) => new Request(url),
  'of a URL object': (url) => new Request(new URL(url)),
  'of another Request': (url) => new Request(new Request(url, post)),
  'of another Request and an init': (url) => new Request(new Request(url, post), { method: 'PUT' }),
  'of a subclass': (url) => new Own(url, post),
  'that is a clone': (url) => new Request(url, post).clone(),
  'that was cloned': (url) => {
    const request = new Request(url, post);
    request.clone();
    return request;
  },
  'with a method in lower case': (url) => new Request(url, { method: 'patch' }),
  'with headers': (url) => new Request(url, { headers: { 'x-a': '1', cookie: 'a=1' } }),
  'with headers that were changed': (url) => {
    const request = new Request(url, post);
    request.headers.set('x-b', '2');
    request.headers.delete('x-a');
    return request;
  },
  'with a string': (url) => new Request(url, post),
  'with bytes': (url) => new Request(url, { method: 'PUT', body: Buffer.from('bytes') }),
  'with a Blob': (url) =>
    new Request(url, { method: 'PUT', body: new Blob(['b'], { type: 'a/b' }) }),
  'with a form': (url) => new Request(url, { method: 'PUT', body: form() }),
  'with a URLSearchParams': (url) =>
    new Request(url, { method: 'PUT', body: new URLSearchParams('a=1') }),
  'with a stream': (url) =>
    new Request(url, {
      ...{ method: 'PUT', body: new Blob(['streamed']).stream(), duplex: 'half' },
    } as RequestInit),
  'with an empty body': (url) => new Request(url, { method: 'PUT', body: '' }),
  'without a body': (url) => new Request(url, { method: 'DELETE' }),
  'of redirect: manual': (url) => new Request(url, { redirect: 'manual' }),
  'of redirect: error': (url) => new Request(url, { redirect: 'error' }),
  'of integrity': (url) => new Request(url, { integrity: 'sha256-AAAA' }),
  'of keepalive': (url) => new Request(url, { ...post, keepalive: true }),
  'of a referrer': (url) => new Request(url, { referrer: 'about:client' }),
  'of cache: no-store': (url) => new Request(url, { cache: 'no-store' }),
  'of credentials: omit': (url) => new Request(url, { credentials: 'omit' }),
  'of mode: no-cors': (url) => new Request(url, { mode: 'no-cors' }),
  'and an empty init': (url) => [new Request(url, post), {}],
  'and an init of undefined': (url) => [new Request(url, post), undefined],
  'and an init of null': (url) => [new Request(url, post), null as never],
  'and an init with a method': (url) => [new Request(url, post), { method: 'PUT' }],
  'and an init with the method GET': (url) => [new Request(url, post), { method: 'GET' }],
  'and an init with headers': (url) => [new Request(url, post), { headers: { 'x-b': '2' } }],
  'and an init with no headers': (url) => [new Request(url, post), { headers: {} }],
  'and an init with a body': (url) => [new Request(url, post), { body: 'other' }],
  'and an init with a form': (url) => [new Request(url, post), { body: form() }],
  'and an init with a body of null': (url) => [new Request(url, post), { body: null }],
  'and an init with a body of undefined': (url) => [
    new Request(url, post),
    { body: undefined } as never,
  ],
  'and an init with a body for a GET': (url) => [new Request(url), { body: 'other' }],
  'and an init with redirect: manual': (url) => [new Request(url, post), { redirect: 'manual' }],
  'and an init that is a Request': (url) => [
    new Request(url),
    new Request('http://b.example/', { method: 'PUT', headers: { 'x-b': '2' } }),
  ],
};

const table: Record<string, Play> = {};
for (const [name, make] of Object.entries(made)) {
  table[`a Request ${name}`] = async (stage) => {
    const server = await stage.serve(redirect(307, '/there'), reply());
    const [request, init] = [make(server.at('/here?q=1#f'))].flat() as [Request, RequestInit?];
    const called = await callOf(() =>
      init === undefined ? stage.fetch(request) : stage.fetch(request, init),
    );
    return { ...called, used: request.bodyUsed, locked: request.body?.locked };
  };
}

export const requestCases: Area = {
  name: 'requests',
  cases: {
    ...table,
    'a Request that was read before': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), post);
      await request.text();
      return outcome(() => stage.fetch(request));
    },
    'a Request that was read before, and an init with a body': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), post);
      await request.text();
      return callOf(() => stage.fetch(request, { body: 'other' }));
    },
    'a Request whose body is locked': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), post);
      request.body?.getReader();
      return outcome(() => stage.fetch(request));
    },
    'a Request that is sent 2 times': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), post);
      return [await callOf(() => stage.fetch(request)), await callOf(() => stage.fetch(request))];
    },
    'a Request without a body that is sent 2 times': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'));
      return [await callOf(() => stage.fetch(request)), await callOf(() => stage.fetch(request))];
    },
    'a Request whose body is used at once': async (stage) => {
      const server = await stage.serve(reply());
      const request = new Request(server.at('/'), post);
      const call = stage.fetch(request);
      const during = [request.bodyUsed, await outcome(() => request.text())];
      return [during, await outcome(async () => (await call).status)];
    },
    'a Request to data:': async (stage) =>
      callOf(() => stage.fetch(new Request('data:text/plain,hello'))),
    'a Request to another scheme': async (stage) =>
      outcome(() => stage.fetch(new Request('ftp://a.example/'))),
    'a Request as the init of a URL, with a body': async (stage) => {
      const server = await stage.serve(reply());
      const init = new Request('http://b.example/', { ...post, redirect: 'manual' });
      const called = await callOf(() => stage.fetch(server.at('/'), init));
      return { ...called, used: init.bodyUsed };
    },
    'a Request that pretends': async (stage) => {
      const server = await stage.serve(reply());
      const pretends = { url: server.at('/'), method: 'PUT', headers: {} };
      return outcome(() => stage.fetch(pretends as unknown as Request));
    },
    'a Response in its place': async (stage) => outcome(() => stage.fetch(new Response() as never)),
  },
};
