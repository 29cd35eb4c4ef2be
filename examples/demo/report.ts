import { styleText } from 'node:util';
import type { Contest } from './contest.ts';
import { percentile, sum, type Tally } from './tally.ts';
import type { Side } from './upstreams.ts';

export const sideNames: Readonly<Record<Side, string>> = {
  plain: 'plain fetch',
  resilient: 'resilient-fetch',
};
const sides: readonly Side[] = ['plain', 'resilient'];

/** Widths that fill a terminal of 80 columns. */
const width = { name: 11, side: 16 };

interface Column {
  readonly heading: string;
  readonly width: number;
  readonly cell: (tally: Tally) => string;
}

const columns: readonly Column[] = [
  { heading: 'success', width: 8, cell: (tally) => percent(tally.succeeded, ended(tally)) },
  { heading: 'p50', width: 8, cell: ({ durations }) => time(percentile(durations, 0.5)) },
  { heading: 'p99', width: 9, cell: ({ durations }) => time(percentile(durations, 0.99)) },
  { heading: 'fails in', width: 10, cell: ({ wasted }) => time(percentile(wasted, 0.5)) },
  { heading: 'requests', width: 10, cell: ({ requests }) => whole(requests) },
  { heading: 'circuit', width: 8, cell: ({ circuit }) => transitions(circuit) },
];

/** The table of both sides, target by target and in total. */
export function table(contests: readonly Contest[], requests: string): string {
  const groups = contests.map(({ name, tallies }) => group(name, tallies));
  if (contests.length > 1) groups.push(group('in total', total(contests)));
  const headings = columns.map((column) => column.heading.padStart(column.width));
  return [
    styleText('dim', ''.padEnd(width.name + width.side) + headings.join('')),
    ...groups,
    '',
    styleText('dim', 'p50, p99: all calls, failed ones too, to the end of the body or the error'),
    styleText('dim', 'fails in: median of the failed calls'),
    styleText('dim', `requests: ${requests}`),
    styleText('dim', 'circuit:  opened/half-open/closed'),
  ].join('\n');
}

function group(name: string, tallies: Readonly<Record<Side, Tally>>): string {
  const rows = sides.map((side, index) => {
    const label = (index === 0 ? name : '').padEnd(width.name);
    return styleText('bold', label) + sideNames[side].padEnd(width.side) + cells(tallies[side]);
  });
  return rows.join('\n');
}

function cells(tally: Tally): string {
  const [success = '', ...others] = columns.map((column) =>
    column.cell(tally).padStart(column.width),
  );
  return styleText(colourOf(tally), success) + others.join('');
}

/** What it comes to, in a sentence made of the figures. */
export function verdict(contests: readonly Contest[]): string {
  const { plain, resilient } = total(contests);
  const calls = (tally: Tally) => ` of ${whole(ended(tally))} calls`;
  const share = (tally: Tally) => `(${percent(tally.wasted.length, ended(tally))})`;
  const others = ended(plain) === ended(resilient) ? '' : calls(resilient);
  const refused = resilient.failures.get('CircuitOpenError') ?? 0;
  const sentences = [
    `Plain fetch failed ${whole(plain.wasted.length)}${calls(plain)} ${share(plain)},`,
    `resilient-fetch ${whole(resilient.wasted.length)}${others} ${share(resilient)},`,
    refused > 0 ? `${whole(refused)} of these refused at once by an open circuit,` : '',
    `with ${price(resilient.requests / plain.requests)} requests.`,
  ];
  return wrap(sentences.filter((sentence) => sentence !== '').join(' '));
}

function price(ratio: number): string {
  const change = Math.round(100 * ratio) - 100;
  if (!Number.isFinite(change) || change === 0) return 'as many';
  return `${Math.abs(change)} % ${change > 0 ? 'more' : 'fewer'}`;
}

/** What the calls of each side failed with, the most frequent first. */
export function failures(contests: readonly Contest[]): string {
  const all = total(contests);
  const lines = sides.map((side) => {
    const counts = [...all[side].failures].sort(([, one], [, other]) => other - one);
    const most = counts.slice(0, 3).map(([label, count]) => `${whole(count)} × ${label}`);
    if (counts.length > most.length) most.push('others');
    return `${sideNames[side].padEnd(width.side)}failed with ${most.join(', ') || 'nothing'}`;
  });
  return lines.join('\n');
}

/** Both sides over all targets. */
export function total(contests: readonly Contest[]): Record<Side, Tally> {
  return {
    plain: sum(contests.map(({ tallies }) => tallies.plain)),
    resilient: sum(contests.map(({ tallies }) => tallies.resilient)),
  };
}

export function ended({ durations }: Tally): number {
  return durations.length;
}

/** 100.0 % and 0.0 % are said of nothing but all and none. */
export function percent(part: number, all: number): string {
  if (all === 0) return '–';
  const share = (100 * part) / all;
  const shown = part === 0 || part === all ? share : Math.min(99.9, Math.max(0.1, share));
  return `${shown.toFixed(1)} %`;
}

function time(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return '–';
  if (milliseconds < 1) return '< 1 ms';
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function transitions(circuit: Tally['circuit']): string {
  return circuit ? `${circuit.opened}/${circuit.halfOpened}/${circuit.closed}` : '–';
}

function whole(number: number): string {
  return number.toLocaleString('en');
}

function wrap(text: string): string {
  return text.replace(/(.{1,79})(?: |$)/g, '$1\n').trimEnd();
}

export function colourOf(tally: Tally): 'green' | 'yellow' | 'red' | 'dim' {
  if (ended(tally) === 0) return 'dim';
  const share = tally.succeeded / ended(tally);
  if (share >= 0.98) return 'green';
  return share >= 0.9 ? 'yellow' : 'red';
}
