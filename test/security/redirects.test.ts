import { createClient } from 'resilient-fetch';
import { resilience } from 'resilient-fetch/undici';
import { Agent, interceptors, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { answer, type FaultServer, faultServer } from '../support/fault-server.ts';

const credentials = {
  authorization: 'Bearer canary',
  cookie: 'session=canary',
  'proxy-authorization': 'Basic canary',
};
const withheld = Object.keys(credentials);

/** A server that sends everybody to another origin, by an answer that failed first. */
async function hop(to: FaultServer, status = 307): Promise<FaultServer> {
  const away = answer(status, '', { location: `${to.origin}/elsewhere` });
  return faultServer([503, away]);
}

const namesIn = ({ requests }: FaultServer) => Object.keys(requests.at(-1)?.headers ?? {});

describe.concurrent('to another origin', () => {
  it.each([
    ['the caller’s own', {}, { headers: credentials }],
    ['those of a client', { headers: credentials }, {}],
  ])('3 credentials are not sent on, %s, as by fetch', async (_, options, init) => {
    await using foreign = await faultServer([200]);
    await using server = await hop(foreign);
    const client = createClient({ ...options, baseUrl: server.origin });
    expect((await client('things', init)).status).toBe(200);
    expect(server.requests.at(-1)?.headers).toMatchObject(credentials);
    expect(namesIn(foreign)).not.toEqual(expect.arrayContaining(withheld));
    for (const name of withheld) expect(namesIn(foreign)).not.toContain(name);
  });

  it('whatever fetch sends, a client sends: the same names of headers by 2 ways', async () => {
    const init = {
      method: 'POST',
      body: 'canary',
      headers: { ...credentials, 'x-api-key': 'canary', 'idempotency-key': '1' },
    };
    const sent = await Promise.all(
      [fetch, createClient()].map(async (send) => {
        await using foreign = await faultServer([200]);
        await using server = await faultServer([
          answer(307, '', { location: `${foreign.origin}/elsewhere` }),
        ]);
        await (await send(server.origin, init)).text();
        return namesIn(foreign).toSorted();
      }),
    );
    expect(sent[1]).toEqual(sent[0]);
  });

  it('the retry of a call begins where the call did: 2 hops to where the first one led', async () => {
    await using foreign = await faultServer([503, 200]);
    await using server = await faultServer([
      answer(302, '', { location: `${foreign.origin}/elsewhere` }),
    ]);
    const client = createClient({ baseUrl: server.origin, headers: credentials });
    expect((await client('things')).status).toBe(200);
    expect(server.requests).toHaveLength(2);
    expect(foreign.requests).toHaveLength(2);
    for (const { headers } of foreign.requests) {
      for (const name of withheld) expect(headers).not.toHaveProperty(name);
    }
  });
});

describe('over undici’s own interceptors', () => {
  it('each hop is a call, and the headers of a client with a baseUrl go to none but its own: 0 of 3', async () => {
    await using foreign = await faultServer([200]);
    await using server = await hop(foreign);
    await using client = createClient({ baseUrl: server.origin, headers: credentials });
    const redirect = interceptors.redirect({ maxRedirections: 3 });
    const agent = new Agent().compose(resilience(client), redirect);
    const { statusCode, body } = await request(server.origin, { dispatcher: agent });
    await body.text();
    expect(statusCode).toBe(200);
    expect(server.requests.at(-1)?.headers).toMatchObject(credentials);
    for (const name of withheld) expect(namesIn(foreign)).not.toContain(name);
    await agent.close();
  });
});
