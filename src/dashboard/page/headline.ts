import type { OriginPicture } from '../feed.ts';
import { count, plural } from './format.ts';
import type { Verdict } from './verdict.ts';

/** All origins in one sentence, for the head of the page and the title of its tab. */
export function headline(verdicts: readonly Verdict[]): string {
  const all = verdicts.length;
  const attention = verdicts.filter(({ level }) => level !== 'calm').length;
  if (all === 0) return 'No call yet';
  if (attention > 0 && all === 1) return 'The origin needs attention';
  if (attention > 0) {
    return `${count(attention)} of ${count(all)} origins ${attention === 1 ? 'needs' : 'need'} attention`;
  }
  return all === 1 ? 'The origin is well' : `All ${count(all)} origins are well`;
}

/** Which circuits came to be open, and which closed, between two pictures; the empty string if none did. */
export function announcement(
  before: ReadonlyMap<string, OriginPicture['circuit']>,
  after: ReadonlyMap<string, OriginPicture['circuit']>,
): string {
  const changed = [...after].filter(
    ([name, state]) => before.has(name) && before.get(name) !== state,
  );
  const opened = changed.filter(
    ([name, state]) => isOpen(state) && !isOpen(before.get(name) ?? 'closed'),
  );
  const closed = changed.filter(([, state]) => state === 'closed');
  return [sentence(opened, 'opened'), sentence(closed, 'closed')].filter(Boolean).join(' ');
}

/** A probe that failed is no news: half-open belongs to the outage. */
function isOpen(state: OriginPicture['circuit']): boolean {
  return state !== 'closed';
}

function sentence(changed: readonly (readonly [string, string])[], what: string): string {
  if (changed.length === 0) return '';
  const names = changed.slice(0, 3).map(([name]) => name);
  const rest = changed.length - names.length;
  const list = rest > 0 ? `${names.join(', ')} and ${count(rest)} more` : names.join(', ');
  const subject = changed.length === 1 ? 'The circuit' : plural(changed.length, 'circuit');
  return `${subject} ${what}: ${list}.`;
}
