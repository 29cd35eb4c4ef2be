import { describe, expect, it } from 'vitest';
import { classifyError } from '../../src/decisions/classify.ts';
import { networkError, terminated } from '../../src/testing/network-error.ts';
import { type Answer, startFaultServer } from '../../src/testing.ts';
import { deadPort } from '../support/fault-server.ts';
import { rejection } from '../support/wire-call.ts';

/**
 * Everything that somebody could tell two errors apart by, but for their stacks, the socket that one had, and the symbols
 * by which some versions of undici know their own.
 */
function looksOf(error: unknown): object {
  const { name, message, cause } = error as Error;
  const { socket: _, ...own } = Object.fromEntries(Object.entries(cause as object));
  const { name: ofCause, message: said } = cause as Error;
  return { type: error?.constructor.name, name, message, own, ofCause, said };
}

describe('an error of the network', () => {
  it('looks as the platform has it: ECONNREFUSED with an address and 4 details more', async () => {
    const url = `http://127.0.0.1:${await deadPort()}/`;
    const real = looksOf(await rejection(fetch(url)));
    expect(looksOf(networkError('ECONNREFUSED', url))).toEqual(real);
    expect(real).toMatchObject({ own: { code: 'ECONNREFUSED', syscall: 'connect' } });
  });

  it.each<[string, Answer]>([
    ['ECONNRESET', 'reset'],
    ['UND_ERR_SOCKET', 'close'],
  ])('looks as the platform has it, 1 of 2 broken connections: %s', async (code, line) => {
    await using server = await startFaultServer({ script: [line] });
    const real = looksOf(await rejection(fetch(server.origin)));
    expect(looksOf(networkError(code, server.origin))).toEqual(real);
  });

  it('looks as the platform has it where a body breaks off', async () => {
    await using server = await startFaultServer({ script: ['truncation'] });
    const response = await fetch(server.origin);
    expect(looksOf(terminated())).toEqual(looksOf(await rejection(response.text())));
  });

  it.each([
    ['ENOTFOUND', -3008],
    ['EAI_AGAIN', -3001],
  ])('looks as the platform has it where a name is not known, 1 of 2 ways: %s', (code, errno) => {
    expect(looksOf(networkError(code, 'http://nobody.invalid/'))).toEqual({
      ...{ type: 'TypeError', name: 'TypeError', message: 'fetch failed' },
      ...{ ofCause: 'Error', said: `getaddrinfo ${code} nobody.invalid` },
      own: { errno, code, syscall: 'getaddrinfo', hostname: 'nobody.invalid' },
    });
  });

  it.each([
    ['ECONNREFUSED', 'never-sent'],
    ['ENOTFOUND', 'never-sent'],
    ['UND_ERR_CONNECT_TIMEOUT', 'never-sent'],
    ['ETIMEDOUT', 'never-sent'],
    ['ECONNRESET', 'ambiguous'],
    ['EPIPE', 'ambiguous'],
    ['UND_ERR_SOCKET', 'ambiguous'],
    ['UND_ERR_HEADERS_TIMEOUT', 'ambiguous'],
    ['CERT_HAS_EXPIRED', 'certificate'],
    ['SOMETHING_ELSE', 'fatal'],
  ])('is one of 10 that a client takes for what it is: %s is %s', (code, failure) => {
    expect(classifyError(networkError(code))).toBe(failure);
  });
});
