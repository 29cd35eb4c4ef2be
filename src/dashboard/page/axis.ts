/** Where values stand between the foot of a chart (0) and its head (1). */
export interface Axis {
  place(value: number): number;
  /** Values that get a line, the lowest first. */
  readonly ticks: readonly number[];
}

/** Heads of which the half is as round as they are. */
const heads = [1, 2, 4, 6, 8, 10];
const ladder = [1, 2, 5];
/** How near to each other two labels may stand, as a share of the chart. */
const nearest = 0.12;
const most = 6;

/**
 * From 0 to a round number that is at least the highest value, so that the axis stays put while values come and go.
 *
 * @param least what the head is at least, so that one call does not look like a storm.
 */
export function linearAxis(highest: number, least: number): Axis {
  const wanted = Math.max(highest, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const head = (heads.find((step) => step * power >= wanted) ?? 10) * power;
  return { place: (value) => Math.min(1, Math.max(0, value / head)), ticks: [0, head / 2, head] };
}

/**
 * Logarithmic, between round numbers around what there is: a p50 of 4 ms and a p99 of 2 s are both read on it. Spans a
 * decade at least, so that noise does not look like trouble.
 */
export function logAxis(lowest: number, highest: number): Axis {
  const foot = roundDown(Math.max(lowest, 0.1));
  const head = Math.max(roundUp(highest), foot * 10);
  const height = Math.log(head / foot);
  const place = (value: number) =>
    Math.min(1, Math.max(0, Math.log(Math.max(value, foot) / foot) / height));
  return { place, ticks: logTicks(foot, head) };
}

/** As many round numbers as can be read above each other. */
function logTicks(foot: number, head: number): number[] {
  const decades = steps(foot, head, [1]);
  const every = Math.ceil(decades.length / 5);
  const sparse = decades.filter((_, index) => index % every === 0);
  const least = (head / foot) ** nearest;
  const isReadable = (ticks: readonly number[]) =>
    ticks.length <= most && ticks.every((tick, index) => tick / (ticks[index - 1] ?? 0) >= least);
  return [steps(foot, head, ladder), steps(foot, head, [1, 5])].find(isReadable) ?? sparse;
}

/** The round numbers from one to another, both included. */
function steps(from: number, to: number, ladder: readonly number[]): number[] {
  const found: number[] = [];
  for (let power = decadeOf(from); power <= to; power *= 10) {
    for (const step of ladder) {
      const value = clean(step * power);
      if (value >= from && value <= to) found.push(value);
    }
  }
  return found;
}

function roundDown(value: number): number {
  const power = decadeOf(value);
  return clean((ladder.findLast((step) => step * power <= value) ?? 1) * power);
}

function roundUp(value: number): number {
  const power = decadeOf(value);
  return clean((ladder.find((step) => step * power >= value) ?? 10) * power);
}

function decadeOf(value: number): number {
  return clean(10 ** Math.floor(Math.log10(value)));
}

/** Without what binary fractions leave behind: 0.30000000000000004. */
function clean(value: number): number {
  return Number(value.toPrecision(6));
}
