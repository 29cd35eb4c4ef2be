import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { httpDate } from '../../src/decisions/retry-after.ts';

const src = join(import.meta.dirname, '../../src');

/** A pattern in code: after what no number stands before, and without a line break. */
const literal =
  /(?<=[(,=:?[!&|{};>]\s*|return\s)\/(?![/*\s])(?<source>(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+)\/(?<flags>[dgimsuvy]*)/g;

const patterns = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .flatMap((path) => {
    const code = readFileSync(join(src, path), 'utf8').replace(
      /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm,
      '',
    );
    return [...code.matchAll(literal)].map(({ groups = {} }): [string, RegExp] => {
      const pattern = new RegExp(groups.source ?? '', groups.flags);
      return [`${path.replaceAll('\\', '/')} ${pattern}`, pattern];
    });
  });

/** What patterns look through again and again where they are written badly: a row of one thing, and then the wrong end. */
const rows = [
  ...['a', 'A', '0', ' ', '-', '/', '.', ',', ';', '=', ':', '@', '"', '?', '*', '\n', '\r\n'],
  ...['\0', '1-', '-a', '<', '\\', '['],
];
const beginnings = ['', '"', '1-', 'bytes 1-', 'https://['];
/** Allowed by no pattern. */
const ending = '\u0001';

const short = 2 ** 12;
const long = 2 ** 14;

/** The least of a few times, as the process may be interrupted in any of them. */
function time(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    work();
    least = Math.min(least, performance.now() - start);
    if (least < 1) break;
  }
  return least;
}

const rowOf = (beginning: string, row: string, length: number) =>
  beginning + row.repeat(length / row.length) + ending;

/**
 * Rows that take a search 4 times the time squared where they are 4 times as long. What takes less than 20 ms is too short
 * to tell, and 16 KiB that are looked through from each place anew take some 100.
 */
function slowRows(search: (text: string) => unknown, given = rows): string[] {
  return beginnings.flatMap((beginning) =>
    given
      .filter((row) => {
        const [few, many] = [rowOf(beginning, row, short), rowOf(beginning, row, long)];
        const took = time(() => search(many));
        return took > 20 && took > 10 * time(() => search(few));
      })
      .map((row) => JSON.stringify(beginning + row)),
  );
}

const searchOf = (pattern: RegExp) => (text: string) => {
  pattern.lastIndex = 0;
  return pattern.flags.includes('g') ? text.replace(pattern, '') : pattern.exec(text);
};

describe('a pattern of src', () => {
  it('is found in more than 45 places', () => {
    expect(patterns.length).toBeGreaterThan(45);
  });

  it.each(patterns)('%s is slow for 0 rows of 115', (_, pattern) => {
    expect(slowRows(searchOf(pattern))).toEqual([]);
  });

  it('that is made of parts, for dates, is slow for 0 of them as well', () => {
    expect(slowRows((text) => httpDate(text, 0))).toEqual([]);
  });
});

it('would be found out if it were written badly: 1 row at least', () => {
  expect(slowRows(searchOf(/\d+x/), ['0'])).not.toEqual([]);
});
