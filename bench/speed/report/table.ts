import { asMarkdown } from '../../peers/table.ts';
import type { Book, Spread } from '../book.ts';
import type { Column, Row } from '../row.ts';

/** The figures of one row: medians with their spread, and what they are to those they are compared with. */
export function tableOf(row: Row, book: Book): string {
  const head = row.columns.flatMap(({ head, against = [], over }) => [
    head,
    ...against.map((name) => `÷ ${name}`),
    ...(over ? [`+ ${over}`] : []),
  ]);
  const rows = row.names.map((name) => [
    name,
    ...row.columns.flatMap((column) => cells(row, name, column, book)),
  ]);
  return asMarkdown({ head: ['', ...head], rows, notes: [] });
}

function cells({ id }: Row, name: string, column: Column, book: Book): string[] {
  const { key, digits, against = [], over } = column;
  const ratios = against.map((to) => words(book.ratio(id, name, key, to), 2));
  const more = over ? [words(book.difference(id, name, key, over), digits)] : [];
  return [spread(book.figure(id, name, key), digits), ...ratios, ...more];
}

function spread(figure: Spread | undefined, digits: number): string {
  if (!figure) return '–';
  const { median, least, most } = figure;
  return `${words(median, digits)} (${words(least, digits)}–${words(most, digits)})`;
}

/** `12,345`, `0.41`, or a dash for what was not measured. */
export function words(value: number | undefined, digits: number): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  const form = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString('en', form).replace('-', '−');
}
