/** A share in percent, in as few digits as tell. */
export function percent(value: number): string {
  return `${value.toFixed(1)} %`;
}

/** How many times, to the hundredth. */
export function times(value: number): string {
  return value.toFixed(2);
}

/** A length of milliseconds, or a dash where there was none. */
export function milliseconds(value: number): string {
  if (Number.isNaN(value)) return '–';
  return value < 1_000 ? `${value.toFixed(0)} ms` : `${(value / 1_000).toFixed(1)} s`;
}

/** Seconds, or never. */
export function seconds(value: number): string {
  return Number.isFinite(value) ? `${value} s` : 'never';
}
