import type { OriginPicture } from '../feed.ts';
import type { Level } from './verdict.ts';

/** Which origins a reader may ask for. */
export type Kind = 'all' | 'attention' | 'open' | 'calm';

/** What a reader wants to see, and in which order. */
export interface Filter {
  readonly text: string;
  readonly kind: Kind;
  readonly sort: 'trouble' | 'name' | 'calls';
}

/** Whether an origin is of a kind. `open` is every circuit that is not closed. */
export function isOf(kind: Kind, { circuit }: OriginPicture, level: Level): boolean {
  switch (kind) {
    case 'all':
      return true;
    case 'attention':
      return level !== 'calm';
    case 'open':
      return circuit !== 'closed';
    case 'calm':
      return level === 'calm';
  }
}

/** Whether all words of a text are in the name of an origin or of its client. */
export function mentions(
  text: string,
  { client, origin }: Pick<OriginPicture, 'client' | 'origin'>,
) {
  const name = `${client} ${origin}`.toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word));
}
