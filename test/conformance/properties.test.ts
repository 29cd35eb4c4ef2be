import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { tries } from '../properties/tries.ts';
import { strangeIn } from './conform.ts';
import { detailsOf } from './difference.ts';
import { aborts, answers, chains, readings, requests } from './generated.ts';
import type { Plain } from './observation.ts';
import { playAbort, playAnswer, playChain, playReading, playRequest } from './plays.ts';
import { observe, type Play } from './stage.ts';
import { platform, subjects } from './subjects.ts';

const ownPool = 'a client with a pool of its own';

for (const open of Object.values(subjects)) {
  const subject = open();

  const isOwnPool = subject.name === ownPool;
  /**
   * Without the order and the case of the names of headers, which a pool of its own has from a Headers, and without a `?`
   * that nothing follows, which fetch leaves out until Node 24.
   */
  const asSent = (seen: Plain) => (isOwnPool ? plainly(seen) : seen);

  /** No scenario of this kind can tell the two apart. */
  async function conforms<Given>(
    given: fc.Arbitrary<Given>,
    play: (given: Given) => Play,
    numRuns: number,
  ) {
    const property = fc.asyncProperty(given, async (value) => {
      const expected = asSent(await observe(play(value), platform));
      const actual = asSent(await observe(play(value), subject.fetch));
      const found = strangeIn(expected, actual, subject.name);
      expect(found, detailsOf(found, expected, actual)).toEqual([]);
    });
    await fc.assert(property, tries(numRuns));
  }

  describe(subject.name, () => {
    afterAll(() => subject[Symbol.asyncDispose]());

    it('sends 300 generated requests as fetch does', () => conforms(requests, playRequest, 300));
    it('gives 300 generated answers as fetch does', () => conforms(answers, playAnswer, 300));
    it('follows 150 generated chains of redirects as fetch does', () =>
      conforms(chains, playChain, 150));
    it('is read in 300 generated ways as fetch is', () => conforms(readings, playReading, 300));
    it('is aborted at 150 generated moments as fetch is', () =>
      conforms(isOwnPool ? aborts.filter(isKeptByFetch) : aborts, playAbort, 150));
  });
}

/** Whether fetch hands on a reason while a body is read, in the place of which it otherwise puts an AbortError. */
function isKeptByFetch({ reason }: { readonly reason?: unknown }): boolean {
  return reason === undefined || Boolean(reason);
}

function plainly(seen: Plain): Plain {
  if (typeof seen === 'string') return seen.replace(/^(\S+ \S*)\?(?= HTTP)/, '$1');
  if (typeof seen !== 'object' || seen === null) return seen;
  if (Array.isArray(seen)) return seen.map(plainly);
  return Object.fromEntries(
    Object.entries(seen).map(([key, value]) => {
      const lines = key === 'headers' && Array.isArray(value) ? value.map(String) : undefined;
      const plain = lines?.map((line) => line.replace(/^[^:]+/, (name) => name.toLowerCase()));
      return [key, plain ? plain.toSorted() : plainly(value as Plain)];
    }),
  );
}
