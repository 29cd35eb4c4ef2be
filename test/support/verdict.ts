import type { Sent } from './traffic.ts';

/** What of a run was wrong, and what was not; ids are in it so that a failure says whose it was. */
export interface Verdict {
  readonly calls: number;
  readonly answered: number;
  /** Calls that were answered at a later attempt than their first. */
  readonly saved: number;
  /** Calls that failed although another attempt was allowed. */
  readonly savable: readonly string[];
  /** Calls that were held back: by an open circuit, or where the retry budget was used up. */
  readonly heldBack: readonly string[];
  /** Calls whose answer broke off after its headers, which is not for a retry to mend. */
  readonly broken: readonly string[];
  /** POSTs that the server saw more than once, without a key to know them by, or with different keys. */
  readonly duplicated: readonly string[];
}

/** After these nothing has left, or the server has said that it did nothing: a POST is repeated as well. */
const harmless = new Set([
  ...['429', 'ECONNREFUSED', 'ENETUNREACH', 'ENETDOWN', 'EHOSTUNREACH', 'EHOSTDOWN'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'EADDRNOTAVAIL'],
]);

/** @param arrivals the keys, or nothing, of the requests of each id, as the server counted them. */
export function verdictOn(
  sent: readonly Sent[],
  arrivals: ReadonlyMap<string, readonly string[]>,
): Verdict {
  const answered = sent.filter((call) => call.answered);
  const failed = sent.filter((call) => !call.answered);
  const broken = failed.filter(isBroken);
  const heldBack = failed.filter(({ stopped = '' }) => policies.has(stopped));
  const others = failed.filter((call) => !broken.includes(call) && !heldBack.includes(call));
  return {
    calls: sent.length,
    answered: answered.length,
    saved: answered.filter(({ attempts }) => attempts.length > 1).length,
    savable: others.filter(isSavable).map(inWords),
    heldBack: heldBack.map(inWords),
    broken: broken.map(inWords),
    duplicated: sent.filter(({ id, kind }) => isDuplicated(kind, arrivals.get(id))).map(inWords),
  };
}

const policies = new Set(['budget', 'circuit-open', 'refused']);

function isBroken({ attempts }: Sent): boolean {
  return /^2\d\d$/.test(attempts.at(-1)?.outcome ?? '');
}

function isSavable({ kind, stopped, attempts }: Sent): boolean {
  return kind !== 'POST' || stopped !== 'method' || harmless.has(attempts.at(-1)?.outcome ?? '');
}

function isDuplicated(kind: Sent['kind'], keys: readonly string[] = []): boolean {
  if (kind === 'POST') return keys.length > 1;
  return kind === 'keyed POST' && (keys.includes('') || new Set(keys).size > 1);
}

function inWords({ id, outcome, stopped, attempts }: Sent): string {
  const outcomes = attempts.map((attempt) => attempt.outcome);
  return `${id}: ${outcomes.join(', ')} → ${outcome} (${stopped})`;
}

/** How often each outcome of an attempt came. */
export function outcomesIn(sent: readonly Sent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of sent.flatMap(({ attempts }) => attempts)) {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

/** A run in one line: one that passes says nothing else of how near it was. */
export function figuresOf(sent: readonly Sent[], verdict: Verdict): string {
  const counts = Object.entries(verdict).map(
    ([name, given]) => `${typeof given === 'number' ? given : given.length} ${name}`,
  );
  const outcomes = Object.entries(outcomesIn(sent)).map(([name, count]) => `${count} × ${name}`);
  const longest = Math.round(Math.max(...sent.map(({ duration }) => duration)));
  return `${counts.join(', ')}; attempts: ${outcomes.join(', ')}; longest ${longest} ms`;
}
