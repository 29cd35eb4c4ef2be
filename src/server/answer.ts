import { STATUS_CODES } from 'node:http';
import type { Ambient } from '../core/ambient.ts';
import { guarded } from '../core/guard.ts';
import type { ServerRule } from './options.ts';
import { report } from './report.ts';
import { verdictOn } from './verdict.ts';

/** What is known of a request that has to be answered for its handler. */
export interface Unanswered {
  readonly ambient: Ambient;
  readonly method: string;
  readonly path: string;
}

/** Answers in the place of a handler, and reports why. Nothing of the error is in the answer. */
export function answerFor(error: unknown, rule: ServerRule, unanswered: Unanswered): Response {
  const { ambient, method, path } = unanswered;
  const own = guarded('function answer', () => rule.answer?.(error));
  if (own) return own;
  const { kind, status, retryAfter } = verdictOn(error, ambient, method);
  report(rule.onFailure, { kind, error, status, method, path });
  const headers = new Headers({ 'content-type': 'application/problem+json' });
  if (retryAfter !== undefined) headers.set('retry-after', String(retryAfter));
  if (rule.mark !== false && isToBeMarked(status, ambient)) headers.set(rule.mark, 'true');
  const title = status === 499 ? 'Client Closed Request' : STATUS_CODES[status];
  return new Response(JSON.stringify({ status, title }), { status, headers });
}

/** What goes wrong when the whole answer is given changes nothing of it. Of that only a bug is worth a word. */
export function reportLate(
  error: unknown,
  status: number,
  { onFailure }: ServerRule,
  { ambient, method, path }: Unanswered,
): void {
  const { kind } = verdictOn(error, ambient, method);
  if (kind === 'bug') report(onFailure, { kind, error, status, method, path });
}

/** Whether a failure lies further down, where a call of this service's has retried what there was to retry. */
export function isToBeMarked(status: number, { gaveUp }: Ambient): boolean {
  return gaveUp && status >= 500;
}
