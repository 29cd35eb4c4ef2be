import { afterAll, describe, expect, it } from 'vitest';
import { areas } from './all-areas.ts';
import { detailsOf, differences } from './difference.ts';
import { everywhere, type KnownDifference, knownDifferences } from './known-differences.ts';
import type { Plain } from './observation.ts';
import { observe } from './stage.ts';
import { platform, type Subject } from './subjects.ts';

/** Holds a subject to the platform's fetch, case by case. */
export function conform(subject: Subject): void {
  describe(subject.name, () => {
    afterAll(() => subject[Symbol.asyncDispose]());
    for (const { name, cases } of areas) {
      describe(name, () => {
        for (const [title, play] of Object.entries(cases)) {
          it(title, async () => {
            const expected = await observe(play, platform);
            const actual = await observe(play, subject.fetch);
            const known = knownDifferences.find((one) =>
              isMeant(one, `${name}: ${title}`, subject.name),
            );
            const found = differences(expected, actual).filter(
              (path) =>
                !everywhere.some(({ of, at }) => of.includes(subject.name) && at.test(path)),
            );
            if (known) expect(rootsOf(found, known.at), known.why).toEqual(known.at);
            else expect(found, detailsOf(found, expected, actual)).toEqual([]);
          });
        }
      });
    }
  });
}

function isMeant(difference: KnownDifference, title: string, subject: string): boolean {
  const { in: places, of, when } = difference;
  return places.includes(title) && (of?.includes(subject) ?? true) && (when ?? true);
}

/** The places that were meant, of those that are found; what was not meant stays as it is. */
function rootsOf(found: readonly string[], meant: readonly string[]): string[] {
  const roots = found.map(
    (path) => meant.find((root) => `${path}.`.startsWith(`${root}.`)) ?? path,
  );
  const met = new Set(roots);
  return [
    ...meant.filter((root) => met.has(root)),
    ...roots.filter((root) => !meant.includes(root)),
  ];
}

/** Where two observations differ, but for what differs in every answer of the subject. */
export function strangeIn(expected: Plain, actual: Plain, subject: string): string[] {
  return differences(expected, actual).filter(
    (path) => !everywhere.some(({ of, at }) => of.includes(subject) && at.test(path)),
  );
}
