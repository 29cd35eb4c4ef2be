import type { Cell } from './experiments.ts';

export interface Row {
  readonly name: string;
  readonly cells: readonly Cell[];
}

/** A table whose cells carry the numbers of their footnotes. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** Numbers the rows and the footnotes; the same note has the same number everywhere. */
export function tabulate(head: readonly string[], rows: readonly Row[]): Table {
  const notes: string[] = [];
  const numberOf = (note: string) =>
    notes.includes(note) ? notes.indexOf(note) + 1 : notes.push(note);
  return {
    head: ['', ...head],
    rows: rows.map(({ name, cells }, index) => [
      `${index + 1}. ${name}`,
      ...cells.map(({ text, notes = [] }) =>
        [text, ...notes.map((note) => `[${numberOf(note)}]`)].join(' '),
      ),
    ]),
    notes,
  };
}

/** For a terminal: aligned, long cells broken between words. */
export function asText({ head, rows }: Table, widths: readonly number[]): string {
  const lines = [head, ...rows].map((cells) => {
    const columns = cells.map((cell, index) => broken(cell, widths[index] ?? 12));
    const height = Math.max(...columns.map((column) => column.length));
    const line = (at: number) =>
      columns.map((column, index) => (column[at] ?? '').padEnd(widths[index] ?? 12)).join('  ');
    return Array.from({ length: height }, (_, at) => line(at).trimEnd()).join('\n');
  });
  return lines.join('\n\n');
}

/** Aligned as the formatter of this project would have it. */
export function asMarkdown({ head, rows }: Table): string {
  const lines = [head, ...rows].map((cells) =>
    cells.map((cell) => cell.replaceAll(/ ?\[(\d+)\]/g, '<sup>$1</sup>')),
  );
  const widths = head.map((_, index) =>
    Math.max(...lines.map((cells) => cells[index]?.length ?? 0)),
  );
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${widths.map((width, index) => (cells[index] ?? '').padEnd(width, fill)).join(' | ')} |`;
  const [first = [], ...others] = lines;
  return [line(first), line([], '-'), ...others.map((cells) => line(cells))].join('\n');
}

/** Breaks a text between its words, and a word only where it is too long for a line of its own. */
function broken(text: string, width: number): string[] {
  const lines = [''];
  for (const word of text.split(' ').flatMap((word) => pieces(word, width))) {
    const last = lines.at(-1) ?? '';
    const joined = last ? `${last} ${word}` : word;
    if (joined.length <= width) lines[lines.length - 1] = joined;
    else lines.push(word);
  }
  return lines;
}

/** A word that fits, or the parts of one that does not, if possible between the words in it: `RequestRetry`, `Error`. */
function pieces(word: string, width: number): string[] {
  if (word.length <= width) return [word];
  const hump = word.slice(1, width).search(/[A-Z][a-z]*$/);
  const cut = hump < 0 ? width : hump + 1;
  return [word.slice(0, cut), ...pieces(word.slice(cut), width)];
}
