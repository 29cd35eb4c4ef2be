const { PROPERTIES_SEED = '2026', PROPERTIES_RUNS = '1' } = process.env;

/**
 * Where all cases come from. The same ones every time unless something else is asked for, so that a change is judged by
 * itself and not by the day: `PROPERTIES_SEED=any` draws a new one.
 */
const seed =
  PROPERTIES_SEED === 'any' ? Math.floor(Math.random() * 2 ** 31) : Number(PROPERTIES_SEED);

/** How often as much: 1 is what CI can afford. */
const factor = Number(PROPERTIES_RUNS);

if (!Number.isInteger(seed) || !(factor >= 1)) {
  throw new Error('PROPERTIES_SEED: an integer or "any". PROPERTIES_RUNS: a number from 1 up');
}
console.log(`PROPERTIES_SEED=${seed} PROPERTIES_RUNS=${factor}`);

/** So many tries, times what was asked for. What fails is shrunk, and told with the seed that brings it back. */
export function tries(numRuns: number): { readonly seed: number; readonly numRuns: number } {
  return { seed, numRuns: Math.ceil(numRuns * factor) };
}
