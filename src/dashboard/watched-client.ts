import type { Client } from '../client.ts';
import type { CallLog } from '../core/call-log.ts';
import type { Events } from '../core/events.ts';
import type { CircuitState } from '../core/per-origin.ts';
import type { Health } from '../health.ts';
import type { DecisionLog, Owner } from './decision-log.ts';
import type { Heard } from './heard.ts';
import { bucketNow, History } from './history.ts';
import { type DecisionName, decisionNames } from './sentences.ts';

/** What all watched clients share. */
export interface Notes {
  readonly decisions: DecisionLog;
  readonly heard: Heard;
  /** How many buckets are kept. */
  readonly buckets: number;
}

/** Origins of one client that have a history; the one that was heard of least recently goes first. */
const most = 100;

const stateAfter: { readonly [Name in DecisionName]?: CircuitState } = {
  'circuit.opened': 'open',
  'circuit.halfOpened': 'half-open',
  'circuit.closed': 'closed',
  'circuit.isolated': 'isolated',
  'circuit.forgotten': 'closed',
};

/**
 * One client, and what was heard of it: two events a call that goes well, and one for each decision. How it stands with
 * tokens and slots no event tells, so that is asked for once in each second in which there was an event.
 */
export class WatchedClient {
  readonly client: Client;
  readonly owner: Owner;
  readonly histories = new Map<string, History>();
  readonly #notes: Notes;
  readonly #endings: readonly (() => void)[];
  #sampled = Number.NaN;

  constructor(client: Client, owner: Owner, notes: Notes) {
    this.client = client;
    this.owner = owner;
    this.#notes = notes;
    this.#endings = [
      client.on('attempt.started', (event) => this.#attempt(event)),
      client.on('call.ended', (event) => this.#call(event)),
      ...decisionNames.map((name) => client.on(name, (event) => this.#decision(name, event))),
    ];
  }

  /** Asks how it stands now. */
  sample(): Health {
    const now = bucketNow();
    const health = this.client.health();
    this.#sampled = now;
    for (const [origin, history] of this.histories) {
      const known = health.origins[origin];
      if (known) history.sample(known, now);
      else history.circuitIs('closed', now);
    }
    return health;
  }

  close(): void {
    for (const end of this.#endings) end();
  }

  #attempt(event: Events['attempt.started']): void {
    if (this.#notes.heard.before(event)) return;
    const now = this.#now();
    const history = this.#historyOf(event.origin, now);
    history.count('attempts', now);
    if (event.hedge) history.count('hedges', now);
    else if (event.attempt > 1) history.count('retries', now);
  }

  /** A call counts where its outcome came from. One that its caller gave up says nothing of any place. */
  #call(event: Events['call.ended']): void {
    if (this.#notes.heard.before(event)) return;
    const { log, outcome } = event;
    if (log.stopped === 'aborted') return;
    const now = this.#now();
    const history = this.#historyOf(placeOf(log), now);
    history.count('calls', now);
    if (log.stopped === 'refused') history.count('refused', now);
    else history.took(log.duration, now);
    if (!log.substituted && isGood(outcome)) history.count('succeeded', now);
  }

  #decision(name: DecisionName, event: Events[DecisionName]): void {
    const now = this.#now();
    const state = stateAfter[name];
    if (state) this.histories.get(event.origin)?.circuitIs(state, now);
    const { heard, decisions } = this.#notes;
    if (heard.before(event)) decisions.claim(this.owner, event);
    else decisions.note(this.owner, name, event);
  }

  #now(): number {
    const now = bucketNow();
    if (now !== this.#sampled) this.sample();
    return now;
  }

  #historyOf(origin: string, now: number): History {
    const known = this.histories.get(origin);
    const isFull = this.histories.size >= most;
    if (known && !isFull) return known;
    const history = known ?? new History(this.#notes.buckets, now);
    const [oldest] = this.histories.keys();
    const leaves = known ? origin : oldest;
    if (isFull && leaves !== undefined) this.histories.delete(leaves);
    this.histories.set(origin, history);
    return history;
  }
}

function placeOf({ origin, attempts }: CallLog): string {
  const last = attempts.findLast(({ outcome }) => outcome !== 'superseded');
  return last?.origin ?? origin;
}

/** An answer below 500 that is no 429. */
function isGood(outcome: string): boolean {
  return /^[1-4]\d\d$/.test(outcome) && outcome !== '429';
}
