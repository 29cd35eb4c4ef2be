import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { aborts, answers, chains, readings, requests } from './generated.ts';
import { playAbort, playAnswer, playChain, playReading, playRequest } from './plays.ts';
import { observe, type Play } from './stage.ts';
import { platform, subjects } from './subjects.ts';

/** The same again: `CONFORMANCE_SEED=… npm run test:conformance`. */
const seed = Number(process.env.CONFORMANCE_SEED ?? Date.now() % 2 ** 31);
console.log(`conformance: generated with seed ${seed}`);

for (const open of Object.values(subjects)) {
  const subject = open();

  /** No scenario of this kind can tell the two apart. */
  async function conforms<Given>(
    given: fc.Arbitrary<Given>,
    play: (given: Given) => Play,
    numRuns: number,
  ) {
    const property = fc.asyncProperty(given, async (value) => {
      const expected = await observe(play(value), platform);
      expect(await observe(play(value), subject.fetch)).toStrictEqual(expected);
    });
    await fc.assert(property, { seed, numRuns });
  }

  describe(subject.name, () => {
    afterAll(() => subject[Symbol.asyncDispose]());

    it('sends 300 generated requests as fetch does', () => conforms(requests, playRequest, 300));
    it('gives 300 generated answers as fetch does', () => conforms(answers, playAnswer, 300));
    it('follows 150 generated chains of redirects as fetch does', () =>
      conforms(chains, playChain, 150));
    it('is read in 300 generated ways as fetch is', () => conforms(readings, playReading, 300));
    it('is aborted at 150 generated moments as fetch is', () => conforms(aborts, playAbort, 150));
  });
}
