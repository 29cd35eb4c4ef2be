import type { Answer } from '../core/answer.ts';
import { discard } from '../core/discard.ts';
import { noteElsewhere } from '../core/elsewhere.ts';
import { TimeoutError } from '../core/errors.ts';
import type { Outgoing } from '../core/outgoing.ts';
import type { Stop } from '../core/stop.ts';
import { hopOf } from '../decisions/redirect.ts';
import { Exchange } from './exchange.ts';
import { fetchFailed } from './network-error.ts';
import type { Dispatch } from './protocol.ts';
import { SentOn } from './sent-on.ts';
import { dispatchOptionsOf, hopFrom, type WireRequest, wireRequestOf } from './wire-request.ts';
import type { WireResponse } from './wire-response.ts';

/** Sends on to another origin, as its own circuit and cooldown have it. */
export type Hop = <Given extends Answer>(url: URL, send: () => Promise<Given>) => Promise<Given>;

/** Sends a request over connections without fetch. Nothing, where it is one for fetch. */
export type Wire = (request: Outgoing, stop: Stop, hop: Hop) => Promise<Response> | undefined;

/**
 * A way to send over connections of which undici hands out requests.
 *
 * @param handsOver whether nobody but the exchange holds what comes of a body, so that whoever reads it may have it as it is.
 */
export function openWire(dispatch: Dispatch, handsOver: boolean): Wire {
  const connections = { dispatch, handsOver };
  return (request, stop, hop) => {
    const wired = wireRequestOf(request);
    return wired && send(wired, stop, connections, hop);
  };
}

interface Connections {
  readonly dispatch: Dispatch;
  readonly handsOver: boolean;
}

async function send(
  request: WireRequest,
  stop: Stop,
  connections: Connections,
  hop: Hop,
): Promise<Response> {
  let current = request;
  for (;;) {
    const next = current;
    const answer = await (next.origin === request.origin
      ? exchange(next, stop, connections)
      : elsewhere(() => hop(next.url, () => exchange(next, stop, connections)), stop));
    if (stop.aborted) {
      discard(answer);
      throw stop.reason;
    }
    if (!(answer instanceof SentOn)) return answer;
    if (answer.status === 421) {
      current = { ...current, misdirected: true };
      continue;
    }
    const { url, method, body, redirects } = current;
    const { content, replayable } = body;
    const about = { url, method, hasBody: content !== null, replayable, redirects };
    const place = hopOf(answer.status, answer.location, about);
    if (place instanceof Error) throw fetchFailed(place);
    current = hopFrom(current, place);
  }
}

/** What comes of it is the other origin's, the end of the attempt's time as well, but for a stop of the call itself. */
async function elsewhere<Given>(send: () => Promise<Given>, stop: Stop): Promise<Given> {
  try {
    const answer = await send();
    noteElsewhere(answer);
    return answer;
  } catch (error) {
    if (!stop.aborted || endsAttempt(stop.reason)) noteElsewhere(error);
    throw error;
  }
}

function endsAttempt(reason: unknown): boolean {
  return reason instanceof TimeoutError && reason.timeout === 'attempt';
}

function exchange(
  request: WireRequest,
  stop: Stop,
  { dispatch, handsOver }: Connections,
): Promise<WireResponse | SentOn> {
  return new Promise((resolve, reject) => {
    dispatch(dispatchOptionsOf(request), new Exchange(request, stop, handsOver, resolve, reject));
  });
}
