import type { Figures } from './load.ts';

/** A figure over the rounds: their median, and the least and the most of them. */
export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Where every figure of every round is written down. */
export class Book {
  readonly #rounds = new Map<string, Figures[]>();

  note(row: string, name: string, figures: Figures): void {
    const key = `${row}/${name}`;
    this.#rounds.set(key, [...(this.#rounds.get(key) ?? []), figures]);
  }

  figure(row: string, name: string, key: string): Spread | undefined {
    return spreadOf(this.#values(row, name, key));
  }

  /** The median of what they are to one another, each in its own round. */
  ratio(row: string, name: string, key: string, to: string, toRow = row): number | undefined {
    const divisors = this.#values(toRow, to, key);
    return this.#against(row, name, key, divisors, (value, divisor) => value / divisor);
  }

  difference(row: string, name: string, key: string, to: string): number | undefined {
    const others = this.#values(row, to, key);
    return this.#against(row, name, key, others, (value, other) => value - other);
  }

  #against(
    row: string,
    name: string,
    key: string,
    others: readonly number[],
    compare: (value: number, other: number) => number,
  ): number | undefined {
    const values = this.#values(row, name, key);
    if (values.length !== others.length) return undefined;
    const compared = values.map((value, round) => compare(value, others[round] ?? Number.NaN));
    return spreadOf(compared)?.median;
  }

  #values(row: string, name: string, key: string): number[] {
    return (this.#rounds.get(`${row}/${name}`) ?? []).flatMap((figures) => figures[key] ?? []);
  }
}

function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((one, other) => one - other);
  const [least, median, most] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  if (least === undefined || median === undefined || most === undefined) return undefined;
  return { least, median, most };
}
