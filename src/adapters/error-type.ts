import { getSystemErrorMap } from 'node:util';
import { TimeoutError } from '../core/errors.ts';
import { labelOf, type Outcome } from '../core/outcome.ts';
import type { Stop } from '../core/stop.ts';

/** What went wrong, as spans and metrics tell it; nothing where the caller, or a faster copy, ended it. */
export function errorTypeOf(outcome: Outcome, stop: Stop): string | undefined {
  const { response, error } = outcome;
  if (response) return response.status >= 400 ? String(response.status) : undefined;
  if (stop.aborted && error === stop.reason && !(error instanceof TimeoutError)) return undefined;
  return wordFor(labelOf(outcome));
}

/** What goes wrong on any network, and is always told apart: the system's names, those of DNS, of undici, and our own. */
const usual = new Set([
  ...[...getSystemErrorMap().values()].map(([name]) => name),
  ...['ENOTFOUND', 'UND_ERR_SOCKET', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT'],
  ...['CIRCUIT_OPEN', 'CONCURRENCY_LIMIT', 'COOLDOWN', 'THROTTLED'].map(
    (name) => `ERR_RESILIENCE_${name}`,
  ),
]);

/** As many others as are told apart. */
const most = 100;
const others = new Set<string>();

/**
 * The label of an outcome as metrics bear it: each new word is a time series, for good. A fetch of the user's may put
 * anything into the codes and names of its errors, so of words that are neither a status nor usual there are only so many,
 * and `_OTHER`, as the conventions have it for methods.
 */
export function wordFor(label: string): string {
  if (label === 'ERR_RESILIENCE_TIMEOUT') return 'timeout';
  if (usual.has(label) || others.has(label) || /^\d{3}$/.test(label)) return label;
  if (others.size >= most || !/^\w{1,60}$/.test(label)) return '_OTHER';
  others.add(label);
  return label;
}
