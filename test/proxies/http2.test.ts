import { describe, expect, it } from 'vitest';
import { type Sent, traffic } from '../support/traffic.ts';
import { selfSigned } from '../support/wire-certificate.ts';
import { nginx } from './nginx.ts';
import { persistent, proxies, Setting, throughReloads, unnoticed } from './setting.ts';

const pool = { agent: { allowH2: true, connect: { ca: selfSigned.cert } } };
/**
 * Once in some 15 runs undici (8.12) forgets the calls of a connection whose GOAWAY and end cross, and never makes another
 * one. It does so without this library as well, and what does not settle there can't be saved from here.
 */
const unlessForgotten = { retry: 2 };
const resuming = { ...persistent, pool, retry: { ...persistent.retry, resume: true } };

describe.each(proxies)('$name over HTTP/2', (kind) => {
  it(
    'reloaded 4 times under load: of 1,200 calls none fails that may be repeated',
    unlessForgotten,
    async () => {
      const timeout = { total: 6_000, attempt: 3_000 };
      await using setting = await Setting.open(kind, { ...persistent, pool, timeout });
      const sent = await throughReloads(setting, setting.proxy.secureOrigin);
      const verdict = await setting.verdictOn('reloaded, HTTP/2', sent);
      expect(verdict).toMatchObject({ calls: 1_200, savable: [], heldBack: [], duplicated: [] });
      expect(verdict.answered).toBeGreaterThanOrEqual(1_150);
      expect(versions(sent)).toEqual(['2']);
    },
  );

  it('whose GOAWAY to idle connections went unnoticed 9 times: of 320 calls none fails that may be repeated', async () => {
    await using setting = await Setting.open(kind, resuming, { keepAlive: 40 });
    const sent = await unnoticed(setting, setting.proxy.secureOrigin);
    const verdict = await setting.verdictOn('closed unnoticed, HTTP/2', sent);
    expect(verdict).toMatchObject({ calls: 320, savable: [], heldBack: [], duplicated: [] });
    // whom a GOAWAY left out, undici itself sends again: no call of ours sees it
    expect(verdict.answered).toBeGreaterThanOrEqual(304);
    expect(versions(sent)).toEqual(['2']);
  });

  it('before an upstream that cuts 20 bodies in the middle: all 20 are read on, byte for byte', async () => {
    await using setting = await Setting.open(kind, resuming);
    const { client, proxy } = setting;
    const load = { each: 20, kinds: ['GET'] } as const;
    const sent = await traffic(client, `${proxy.secureOrigin}/cut,file`, load);
    const verdict = await setting.verdictOn('bodies cut and read on, HTTP/2', sent);
    expect(verdict).toMatchObject({ calls: 20, answered: 20 });
    expect(setting.asked).toEqual(Array(20).fill(2));
    expect(versions(sent)).toEqual(['2']);
  });
});

// HAProxy counts no requests, and 2.6 ends the stream of a cut chunked body as if that were all of it
describe('nginx over HTTP/2', () => {
  it('that takes leave with a GOAWAY after each 20 requests: of 800 calls none fails that may be repeated', async () => {
    await using setting = await Setting.open(nginx, resuming, { requests: 20 });
    const { client, proxy } = setting;
    const sent = await traffic(client, `${proxy.secureOrigin}/lag`, { each: 200, parallel: 40 });
    const verdict = await setting.verdictOn('a GOAWAY after 20 requests', sent);
    expect(verdict).toMatchObject({ calls: 800, savable: [], heldBack: [], duplicated: [] });
    expect(verdict.answered).toBeGreaterThanOrEqual(760);
    expect(versions(sent)).toEqual(['2']);
  });

  it('before an upstream that cuts bodies in chunks fails 20 reads, and takes none of them for whole', async () => {
    await using setting = await Setting.open(nginx, { ...persistent, pool });
    const { client, proxy } = setting;
    const load = { each: 20, kinds: ['GET'] } as const;
    const sent = await traffic(client, `${proxy.secureOrigin}/cut-chunked`, load);
    const verdict = await setting.verdictOn('bodies cut, HTTP/2', sent);
    expect(verdict.broken).toHaveLength(20);
    expect(sent.map(({ outcome }) => outcome)).toEqual(Array(20).fill('ERR_HTTP2_STREAM_ERROR'));
  });
});

/** The versions of HTTP that the proxy was asked by. */
function versions(sent: readonly Sent[]): string[] {
  const told = sent.flatMap(({ protocol }) => /^HTTP\/(\d)/.exec(protocol ?? '')?.[1] ?? []);
  return [...new Set(told)];
}
