import type { Client } from '../client.ts';
import type { CircuitHandle } from '../origins.ts';
import { DecisionLog } from './decision-log.ts';
import type { Picture } from './feed.ts';
import { Heard } from './heard.ts';
import { bucketLength, bucketNow } from './history.ts';
import { type Place, pictureOf, rankOf } from './origin-picture.ts';
import { type Notes, WatchedClient } from './watched-client.ts';

/** Origins in one picture; those in trouble come first, then the busiest. */
const most = 100;

/**
 * What is known of all watched clients. Who is watched is shown by himself; what the children of a client do counts as
 * its own, unless they are watched too.
 */
export class Collector {
  readonly #watched = new Set<WatchedClient>();
  readonly #notes: Notes;

  /** @param buckets how many seconds the past is. */
  constructor(buckets: number) {
    this.#notes = { decisions: new DecisionLog(), heard: new Heard(), buckets };
  }

  /** Returns what ends the watching. A client that is watched already is not watched twice. */
  watch(client: Client): () => void {
    const known = [...this.#watched].find((watched) => watched.client === client);
    const watched = known ?? this.#begin(client);
    return () => {
      watched.close();
      this.#watched.delete(watched);
    };
  }

  picture(): Omit<Picture, 'controls'> {
    const now = bucketNow();
    const sinceBucket = performance.now() - now * bucketLength;
    return {
      at: Math.round(Date.now() - sinceBucket),
      bucket: bucketLength,
      origins: this.#places()
        .sort((one, other) => rankOf(other) - rankOf(one))
        .slice(0, most)
        .sort(
          (one, other) => inOrder(one.client, other.client) || inOrder(one.origin, other.origin),
        )
        .map((place) => pictureOf(place, this.#notes.buckets, now)),
      decisions: this.#notes.decisions.newest(),
    };
  }

  /** The circuit of an origin that is known to the client of that label. */
  circuitOf(label: string, origin: string): CircuitHandle | undefined {
    for (const watched of this.#watched) {
      if (watched.owner.label !== label) continue;
      const { client, histories } = watched;
      const isKnown = histories.has(origin) || Object.hasOwn(client.health().origins, origin);
      if (isKnown) return client.circuit(origin);
    }
    return undefined;
  }

  close(): void {
    for (const watched of this.#watched) watched.close();
    this.#watched.clear();
  }

  #begin(client: Client): WatchedClient {
    const { name } = client.health();
    const watched = new WatchedClient(client, { name, label: this.#freeLabel(name) }, this.#notes);
    this.#watched.add(watched);
    return watched;
  }

  /** The client's name, with a number if another one has it. */
  #freeLabel(name: string): string {
    const taken = new Set([...this.#watched].map(({ owner }) => owner.label));
    let label = name;
    for (let number = 2; taken.has(label); number++) label = `${name} ${number}`;
    return label;
  }

  /**
   * Every origin that was called while somebody watched; then those that a client knows from before. A family knows the
   * same origins, so these are shown once.
   */
  #places(): Place[] {
    const all = [...this.#watched].map((watched) => ({ watched, health: watched.sample() }));
    const called = all.flatMap(({ watched: { owner, histories }, health: { origins } }) =>
      [...histories].map(([origin, history]): Place => {
        return { client: owner.label, origin, history, health: origins[origin] };
      }),
    );
    const shown = new Set(called.map(({ origin }) => origin));
    for (const { watched, health } of all) {
      for (const [origin, known] of Object.entries(health.origins)) {
        if (shown.has(origin)) continue;
        shown.add(origin);
        called.push({ client: watched.owner.label, origin, health: known, history: undefined });
      }
    }
    return called;
  }
}

function inOrder(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}
