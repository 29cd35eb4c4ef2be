import type { Answer } from '../core/answer.ts';
import { isRedirect } from '../decisions/redirect.ts';
import type { IncomingHeaders } from './protocol.ts';
import type { WireRequest } from './wire-request.ts';

/** An answer that only says where to ask. Its body is nobody's. */
export class SentOn implements Answer {
  readonly ok = false;
  readonly body = null;
  readonly status: number;
  readonly location: string;

  constructor(status: number, location: string) {
    this.status = status;
    this.location = location;
  }

  /** Made where somebody asks, which nobody does of what is followed. */
  get headers(): Headers {
    return new Headers();
  }
}

/**
 * Whether an answer is to be followed, and where to; an error where it was not to be one of those. A server that says that it
 * is not the one that was meant (421) is asked once more: the Fetch standard, "HTTP-network-or-cache fetch".
 */
export function sentOnBy(
  { url, redirect, body, misdirected }: WireRequest,
  status: number,
  { location }: IncomingHeaders,
): SentOn | Error | undefined {
  if (status === 421 && !misdirected && body.replayable) return new SentOn(status, url.href);
  if (!isRedirect(status) || redirect === 'manual') return undefined;
  if (redirect === 'error') return new Error('unexpected redirect');
  if (location === undefined) return undefined;
  return new SentOn(status, Array.isArray(location) ? location.join(', ') : location);
}
