import type { Book } from '../book.ts';
import { ours } from '../names.ts';
import type { Column, Row } from '../row.ts';

/** One figure, and the peers that are better than we in it: what theirs is to ours. */
export interface Lead {
  readonly title: string;
  readonly head: string;
  readonly peers: readonly { readonly name: string; readonly ratio: number }[];
}

/** Less than this is a draw. */
const margin = 0.01;

/**
 * Who is ahead of the pooled client, and where. `undici.request`, by whatever agent, is what that one stands on: it makes no
 * Response, and is no peer.
 */
export function leads(rows: readonly Row[], book: Book): readonly Lead[] {
  return rows.flatMap(({ id, title, names, columns }) => {
    const own = [ours.pool, ours.origins].find((name) => names.includes(name));
    if (own === undefined) return [];
    const others = names.filter((name) => !name.startsWith('undici.request') && !isOurs(name));
    return columns.flatMap((column) => {
      const peers = others
        .filter((name) => !isBlurred(book.difference(id, name, column.key, own), column))
        .map((name) => ({ name, ratio: book.ratio(id, name, column.key, own) ?? Number.NaN }))
        .filter(({ ratio }) => isAhead(ratio, column));
      return peers.length > 0 ? [{ title, head: column.head, peers }] : [];
    });
  });
}

function isAhead(ratio: number, { better }: Column): boolean {
  if (better === 'less') return ratio < 1 - margin;
  return better === 'more' && ratio > 1 + margin;
}

function isBlurred(difference = 0, { blur = 0 }: Column): boolean {
  return Math.abs(difference) < blur;
}

const isOurs = (name: string) => Object.values<string>(ours).includes(name);
