import { expect, it } from 'vitest';
import { areas } from './all-areas.ts';
import { differences } from './difference.ts';
import { knownDifferences } from './known-differences.ts';
import { observe } from './stage.ts';
import { platform } from './subjects.ts';

type Fetch = typeof globalThis.fetch;

/** The Response again, with the address that it would lose. */
function rebuilt(response: Response, body: unknown): Response {
  const { status, url } = response;
  if (status < 200) return response;
  const again = new Response([204, 205, 304].includes(status) ? null : (body as null), response);
  return Object.defineProperty(again, 'url', { value: url });
}

async function whole(response: Response): Promise<Response> {
  return rebuilt(response, response.body && (await response.arrayBuffer()));
}

/** A fetch that is wrong in one way, and the area where that must be noticed. */
const spoilt: Readonly<Record<string, readonly [area: string, fetch: Fetch]>> = {
  'spells a method its own way': [
    'methods',
    (input, init) => platform(input, init && { ...init, method: `${init.method}`.toUpperCase() }),
  ],
  'adds a header': [
    'methods',
    (input, init) => platform(input, { ...init, headers: { 'x-added': '1' } }),
  ],
  'loses headers given as pairs': [
    'request headers',
    (input, init) => platform(input, Array.isArray(init?.headers) ? {} : init),
  ],
  'reads the headers only once the turn is over': [
    'request headers',
    async (input, init) => Promise.resolve().then(() => platform(input, init)),
  ],
  'loses the type of a body': [
    'request bodies',
    async (input, init) =>
      platform(
        input,
        typeof init?.body === 'string' ? { ...init, body: Buffer.from(init.body) } : init,
      ),
  ],
  'takes a stream without duplex': [
    'request bodies',
    (input, init) => platform(input, { duplex: 'half', ...init } as RequestInit),
  ],
  'sends everything twice': [
    'requests',
    async (input, init) => {
      if (!(input instanceof Request)) await platform(input, init).catch(() => {});
      else if (!input.bodyUsed) await platform(input.clone(), init).catch(() => {});
      return platform(input, init);
    },
  ],
  'leaves a Request unused': [
    'requests',
    (input, init) =>
      platform(input instanceof Request && !input.bodyUsed ? input.clone() : input, init),
  ],
  'takes a relative address': [
    'URLs',
    async (input, init) =>
      platform(typeof input === 'string' && input.startsWith('/') ? `data:,${input}` : input, init),
  ],
  'rebuilds the Response': ['readings', async (...call) => rebuilt(...(await both(call)))],
  'gives the Response a property': [
    'readings',
    async (...call) => Object.assign(await platform(...call), { attempts: 1 }),
  ],
  'gives the Response as a proxy': [
    'readings',
    async (...call) => new Proxy(await platform(...call), {}),
  ],
  'hands out the body when it is whole': [
    'streams',
    async (...call) => whole(await platform(...call)),
  ],
  'never closes a connection': [
    'streams',
    async (...call) => {
      const response = await platform(...call);
      const { body } = response;
      return body
        ? rebuilt(response, body.pipeThrough(new TransformStream(), { preventAbort: true }))
        : response;
    },
  ],
  'follows no redirect': [
    'redirects',
    (input, init) => platform(input, { ...init, redirect: init?.redirect ?? 'manual' }),
  ],
  'asks for no compression': [
    'encodings',
    (input, init) => platform(input, { ...init, headers: { 'accept-encoding': 'identity' } }),
  ],
  'gives its own text to an error': [
    'answers',
    async (...call) =>
      platform(...call).catch((error) => {
        throw new TypeError('The request failed', { cause: error.cause });
      }),
  ],
  'gives its code to an error': [
    'failures',
    async (...call) =>
      platform(...call).catch((error) => {
        throw Object.assign(error, { code: error.cause?.code });
      }),
  ],
  'throws at once': [
    'failures',
    (input, init) => {
      if (init && 'dispatcher' in init) throw new TypeError('expected a dispatcher');
      return platform(input, init);
    },
  ],
  'takes no notice of integrity': [
    'options',
    (input, init) => platform(input, init && { ...init, integrity: '' }),
  ],
  'gives an AbortError for every reason': [
    'aborts',
    async (input, init) => {
      const signal = init?.signal ?? undefined;
      return platform(input, init).catch((error) => {
        throw signal?.aborted
          ? new DOMException('This operation was aborted', 'AbortError')
          : error;
      });
    },
  ],
  'lets the signal go with the headers': [
    'aborts',
    async (input, init) => {
      const own = new AbortController();
      const { signal } = init ?? {};
      const follow = () => own.abort(signal?.reason);
      if (signal?.aborted) follow();
      signal?.addEventListener?.('abort', follow);
      return platform(input, signal ? { ...init, signal: own.signal } : init).finally(() =>
        signal?.removeEventListener?.('abort', follow),
      );
    },
  ],
};

const late = () => new Promise<string>((resolve) => setTimeout(resolve, 3_000, 'late'));

async function both(call: Parameters<Fetch>): Promise<[Response, unknown]> {
  const response = await platform(...call);
  return [response, response.body];
}

for (const [fault, [name, fetch]] of Object.entries(spoilt)) {
  it(`a fetch that ${fault} is told from the platform's by 1 case of ${name} at least`, async () => {
    const cases = Object.values(areas.find((area) => area.name === name)?.cases ?? {});
    let told = 0;
    for (const play of cases) {
      const expected = await observe(play, platform);
      // a scenario that fails or hangs tells it too
      const actual = await Promise.race([observe(play, fetch).catch(String), late()]);
      told = differences(expected, actual).length;
      if (told > 0) break;
    }
    expect(told).toBeGreaterThan(0);
  });
}

it('knows a case for each of its known differences: 0 names lead nowhere', () => {
  const titles = areas.flatMap(({ name, cases }) =>
    Object.keys(cases).map((title) => `${name}: ${title}`),
  );
  const listed = knownDifferences.flatMap(({ in: places }) => places);
  expect(listed.filter((place) => !titles.includes(place))).toEqual([]);
  expect(new Set(titles).size).toBe(titles.length);
});
