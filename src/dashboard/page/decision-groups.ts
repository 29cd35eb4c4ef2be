import type { Decision } from '../feed.ts';

/** The same decision, taken so many times within one second. */
export interface DecisionGroup {
  /** The same for as long as it is shown. */
  readonly key: string;
  readonly at: number;
  readonly client: string;
  readonly origin: string;
  readonly event: Decision['event'];
  readonly text: string;
  readonly times: number;
}

/** How many are remembered while the page is open: an outage refuses more calls than anybody reads of. */
const remembered = 400;

/**
 * What is known and what is new, newest first. The server tells only of the newest decisions, and a thousand refusals
 * would drive out the opening of the circuit that they come from; here they are one line a second.
 */
export function merged(
  known: readonly DecisionGroup[],
  decisions: readonly Decision[],
): DecisionGroup[] {
  const groups = new Map(known.map((group) => [group.key, group]));
  for (const group of grouped(decisions)) {
    const times = Math.max(group.times, groups.get(group.key)?.times ?? 0);
    groups.set(group.key, { ...group, times });
  }
  return [...groups.values()].toSorted((a, b) => b.at - a.at).slice(0, remembered);
}

/** What a reader may choose to see of them. */
export function kindOf(event: Decision['event']): DecisionKind {
  if (event.startsWith('circuit.')) return 'circuit';
  if (event.startsWith('retry.')) return 'retry';
  if (event.startsWith('hedge.')) return 'hedge';
  if (event === 'call.refused') return 'refusal';
  if (event === 'fallback.used') return 'fallback';
  return 'wait';
}

export type DecisionKind = 'circuit' | 'retry' | 'hedge' | 'refusal' | 'wait' | 'fallback';

/** A group keeps the time of its first decision, so that it stays where it is while it grows. */
function grouped(decisions: readonly Decision[]): DecisionGroup[] {
  const groups = new Map<string, DecisionGroup>();
  for (const { at, client, origin, event, text } of decisions.toReversed()) {
    const key = JSON.stringify([Math.floor(at / 1_000), client, origin, event, text]);
    const group = groups.get(key) ?? { key, at, client, origin, event, text, times: 0 };
    groups.set(key, { ...group, times: group.times + 1 });
  }
  return [...groups.values()];
}
