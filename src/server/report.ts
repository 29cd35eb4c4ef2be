import { guarded } from '../core/guard.ts';
import type { FailureKind } from './verdict.ts';

/** A request that its handler did not answer by itself. */
export interface HandlerFailure {
  readonly kind: FailureKind;
  /** What the handler threw, or what ended it. Not for the caller's eyes. */
  readonly error: unknown;
  /** What the caller was answered; 499 if he is gone. */
  readonly status: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
}

/** Tells of a failure. A bug that nobody listens for is printed: one that is not seen is not mended. */
export function report(
  onFailure: ((failure: HandlerFailure) => void) | undefined,
  failure: HandlerFailure,
): void {
  if (onFailure) guarded('function onFailure', () => onFailure(failure));
  else if (failure.kind === 'bug') console.error(failure.error);
}
