import type { OriginPicture } from '../feed.ts';

/** A height between 0 (the foot of a chart) and 1, or `null` where there is none. */
type Height = number | null;

/** How high a chart is in its own units; it is one unit wide for each bucket, and stretched to its place. */
export const chartHeight = 100;

/**
 * The area between two outlines that go in steps, one a bucket. A closed path for each run of buckets where there is
 * something between them: bars side by side would show seams where their edges fall between two pixels.
 */
export function stepArea(lower: readonly number[], upper: readonly number[]): string {
  const filled = upper.map((value, index) => (value > (lower[index] ?? 0) ? value : null));
  return runsOf(filled)
    .map(({ start, run }) => {
      const end = start + run.length;
      const floor = lower.slice(start, end).toReversed();
      const there = `M${start} ${y(run[0] ?? 0)}${steps(run, start, 1)}`;
      return `${there}V${y(floor[0] ?? 0)}${steps(floor, end, -1)}Z`;
    })
    .join('');
}

/** A line through the middle of each bucket, with gaps where nothing is known; a lone value is as wide as its bucket. */
export function line(values: readonly Height[]): string {
  return runsOf(values)
    .map(({ start, run }) => {
      if (run.length === 1) return `M${start} ${y(run[0] ?? 0)}h1`;
      const points = run.map((value, index) => `${start + index + 0.5} ${y(value)}`);
      return `M${points.join('L')}`;
    })
    .join('');
}

/** The area between two lines, where both are known. */
export function band(lower: readonly Height[], upper: readonly Height[]): string {
  const known = upper.map((value, index) => (lower[index] === null ? null : value));
  return runsOf(known)
    .map(({ start, run }) => {
      const there = run.map((value, index) => `${start + index + 0.5} ${y(value)}`);
      const back = run.map((_, index) => `${start + index + 0.5} ${y(lower[start + index] ?? 0)}`);
      return `M${there.join('L')}L${back.toReversed().join('L')}Z`;
    })
    .join('');
}

/** Boxes over the buckets in which a circuit was in one state. */
export function boxes(
  states: OriginPicture['series']['circuit'],
  state: OriginPicture['circuit'],
  top: number,
  bottom: number,
): string {
  return runsOf(states.map((each) => (each === state ? 1 : null)))
    .map(({ start, run }) => `M${start} ${top}H${start + run.length}V${bottom}H${start}Z`)
    .join('');
}

/** An outline from one end to the other; what stays level is one stroke. */
function steps(values: readonly number[], from: number, direction: 1 | -1): string {
  let path = '';
  for (const [index, value] of values.entries()) {
    const next = values[index + 1];
    if (next === value) continue;
    path += `H${from + direction * (index + 1)}`;
    if (next !== undefined) path += `V${y(next)}`;
  }
  return path;
}

function runsOf(values: readonly Height[]): { start: number; run: number[] }[] {
  const runs: { start: number; run: number[] }[] = [];
  let open: { start: number; run: number[] } | undefined;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      open = undefined;
      continue;
    }
    if (!open) {
      open = { start: index, run: [] };
      runs.push(open);
    }
    open.run.push(value);
  }
  return runs;
}

/** SVG counts from the top. A tenth of a unit is finer than a pixel. */
function y(height: number): number {
  return Math.round((1 - height) * chartHeight * 10) / 10;
}
