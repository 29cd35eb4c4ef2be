/** A number of things: `1 call`, `1,000 calls`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A number as one reads it: `10,000`. */
export function grouped(number: number): string {
  return number.toLocaleString('en', { maximumFractionDigits: 20 });
}

/** A share as one reads it: `95 %`. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(12))} %`;
}

/** A length of time to the millisecond, in the largest unit that says it without a fraction: `10 s`, `1,500 ms`. */
export function exactly(milliseconds: number): string {
  if (milliseconds >= 120_000 && milliseconds % 60_000 === 0) {
    return `${grouped(milliseconds / 60_000)} min`;
  }
  if (milliseconds > 0 && milliseconds % 1_000 === 0) return `${grouped(milliseconds / 1_000)} s`;
  return `${grouped(milliseconds)} ms`;
}

/** A length of time that was measured, to the three figures that matter: `12 ms`, `1.93 s`. */
export function roughly(milliseconds: number): string {
  const whole = Math.round(milliseconds);
  return whole < 1_000 ? `${whole} ms` : `${grouped(Number((whole / 1_000).toPrecision(3)))} s`;
}

/** Some things in a row: `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
