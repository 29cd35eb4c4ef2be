import type { Book } from '../book.ts';
import { ours } from '../names.ts';
import { words } from './table.ts';

/** What is to be shown, and whether it is. */
export interface Goal {
  readonly claim: string;
  readonly wanted: string;
  readonly found: string;
  /** Unknown where something of it was not measured. */
  readonly reached: boolean | undefined;
}

/** @param ahead in how many figures some peer is better than we, where all of them were measured. */
export function goalsOf(book: Book, ahead: number | undefined): readonly Goal[] {
  const { pool, dropIn, origins } = ours;
  const ratio = (row: string, key: string, to: string) => book.ratio(row, pool, key, to);
  const figure = (row: string, name: string, key: string) => book.figure(row, name, key)?.median;
  const afterFailures = (name: string) => book.ratio('some', name, 'cpu', name, 'json');
  return [
    atMost('pooled, small JSON: CPU ÷ undici.fetch', ratio('json', 'cpu', 'undici.fetch'), 0.45),
    atMost('pooled, small JSON: CPU ÷ undici.request', ratio('json', 'cpu', 'undici.request'), 1.4),
    atLeast(
      'pooled, small JSON: calls/s ÷ undici.fetch',
      ratio('json', 'perSecond', 'undici.fetch'),
      1.9,
    ),
    atMost('drop-in, small JSON: CPU ÷ fetch', book.ratio('json', dropIn, 'cpu', 'fetch'), 1.06),
    atMost('figures in which some peer is ahead of the pooled client', ahead, 0, 0),
    atMost('pooled, 10 % failing: CPU ÷ healthy', afterFailures(pool), 1.3),
    atMost('drop-in, 10 % failing: CPU ÷ healthy', afterFailures(dropIn), 1.3),
    atMost('pooled, a refused call: CPU µs', figure('down', pool, 'cpu'), 8, 1),
    atMost('drop-in, a refused call: CPU µs', figure('down', dropIn, 'cpu'), 8, 1),
    atMost('bytes a healthy origin', figure('origins', origins, 'healthy'), 2_048, 0),
    atMost('bytes a failing origin', figure('origins', origins, 'failing'), 8_192, 0),
    atMost('µs creation of an origin', figure('origins', origins, 'creation'), 10, 1),
    atMost('wake-ups in an idle second', figure('origins', origins, 'wakes'), 0, 0),
    atMost('pooled, small JSON: event loop p99 ÷ fetch', ratio('json', 'delay', 'fetch'), 1),
    atMost('pooled, 64 KiB: CPU ÷ fetch', ratio('middle', 'cpu', 'fetch'), 1),
    atLeast('pooled, 64 KiB: calls/s ÷ fetch', ratio('middle', 'perSecond', 'fetch'), 1),
    atMost('pooled, 10 MiB: CPU ÷ fetch', ratio('large', 'cpu', 'fetch'), 1),
    atLeast('pooled, 10 MiB: calls/s ÷ fetch', ratio('large', 'perSecond', 'fetch'), 1),
    atMost('pooled: KiB held of 10 MiB with a slow reader', figure('large', pool, 'held'), 512, 0),
  ];
}

function atMost(claim: string, found: number | undefined, bound: number, digits = 2): Goal {
  return goal(claim, '≤', found, bound, digits);
}

function atLeast(claim: string, found: number | undefined, bound: number, digits = 2): Goal {
  return goal(claim, '≥', found, bound, digits);
}

function goal(
  claim: string,
  sign: '≤' | '≥',
  found: number | undefined,
  bound: number,
  digits: number,
): Goal {
  const holds = (value: number) => (sign === '≤' ? value <= bound : value >= bound);
  return {
    claim,
    wanted: `${sign} ${words(bound, digits)}`,
    found: words(found, digits),
    reached: found === undefined ? undefined : holds(found),
  };
}
