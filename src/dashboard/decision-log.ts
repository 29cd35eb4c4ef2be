import { type Events, isOfCircuit } from '../core/events.ts';
import type { Decision } from './feed.ts';
import { bucketNow } from './history.ts';
import { type DecisionName, sentenceOf } from './sentences.ts';

/** Whose decision it was: a client by its own name, and as it is shown. */
export interface Owner {
  readonly name: string;
  readonly label: string;
}

interface Entry {
  owner: Owner;
  readonly name: DecisionName;
  readonly event: Events[DecisionName];
  readonly at: number;
  readonly order: number;
  readonly second: number;
  /** How many others of the same kind it stands for. */
  more: number;
}

/** How many are kept of circuits, and how many of all else: 200 in all. */
const most = 100;

/**
 * The newest decisions. Those of one kind at one origin in the same second are one line with a count, and those of
 * circuits have a place of their own: a thousand refusals a second must not wash away why they are refused. A sentence is
 * made when it is read, so a decision that nobody reads costs next to nothing.
 */
export class DecisionLog {
  readonly #circuits: Entry[] = [];
  readonly #others: Entry[] = [];
  #order = 0;

  note(owner: Owner, name: DecisionName, event: Events[DecisionName]): void {
    const second = bucketNow();
    const at = Date.now();
    const entry: Entry = { owner, name, event, at, order: this.#order++, second, more: 0 };
    const changesCircuit = isOfCircuit(name) && name !== 'circuit.wouldRefuse';
    const like = changesCircuit ? undefined : likeIn(this.#others, entry);
    if (like) like.more++;
    else keep(changesCircuit ? this.#circuits : this.#others, entry);
  }

  /** A circuit is shared by a family of clients, who all tell of it: the decision is that of the one it was made for. */
  claim(owner: Owner, event: Events[DecisionName]): void {
    if (owner.name !== event.client) return;
    const entry = this.#circuits.findLast((entry) => entry.event === event);
    if (entry && entry.owner.name !== event.client) entry.owner = owner;
  }

  /** The newest first. */
  newest(): Decision[] {
    const all = [...this.#circuits, ...this.#others].sort((one, other) => other.order - one.order);
    return all.map(({ at, name, event, owner, more }) => ({
      at,
      client: owner.label,
      origin: event.origin,
      event: name,
      text: sentenceOf(name, event) + (more > 0 ? ` (and ${more} more like it)` : ''),
      id: 'id' in event ? event.id : null,
    }));
  }
}

function keep(entries: Entry[], entry: Entry): void {
  entries.push(entry);
  if (entries.length > most) entries.shift();
}

/** A decision of the same second that differs in nothing but its call. */
function likeIn(entries: readonly Entry[], entry: Entry): Entry | undefined {
  for (let index = entries.length - 1; index >= 0; index--) {
    const other = entries[index];
    if (other?.second !== entry.second) return undefined;
    const isLike =
      other.owner === entry.owner &&
      other.name === entry.name &&
      other.event.origin === entry.event.origin &&
      reasonOf(other.event) === reasonOf(entry.event);
    if (isLike) return other;
  }
  return undefined;
}

function reasonOf(event: Events[DecisionName]): string {
  if ('reason' in event) return event.reason;
  if ('code' in event) return event.code;
  if ('timeout' in event) return event.timeout;
  return 'source' in event ? event.source : '';
}
