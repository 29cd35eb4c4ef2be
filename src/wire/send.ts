import type { Outgoing } from '../core/outgoing.ts';
import type { Stop } from '../core/stop.ts';
import { hopOf } from '../decisions/redirect.ts';
import { Exchange, SentOn } from './exchange.ts';
import { fetchFailed } from './network-error.ts';
import type { Dispatch } from './protocol.ts';
import { dispatchOptionsOf, hopFrom, type WireRequest, wireRequestOf } from './wire-request.ts';
import type { WireResponse } from './wire-response.ts';

/** Sends a request over connections without fetch. Nothing, where it is one for fetch. */
export type Wire = (request: Outgoing, stop: Stop) => Promise<Response> | undefined;

/** A way to send over connections of which undici hands out requests. */
export function openWire(dispatch: Dispatch): Wire {
  return (request, stop) => {
    const wired = wireRequestOf(request);
    return wired && send(wired, stop, dispatch);
  };
}

async function send(request: WireRequest, stop: Stop, dispatch: Dispatch): Promise<Response> {
  let current = request;
  for (;;) {
    const answer = await exchange(current, stop, dispatch);
    if (!(answer instanceof SentOn)) return answer;
    if (stop.aborted) throw stop.reason;
    if (answer.status === 421) {
      current = { ...current, misdirected: true };
      continue;
    }
    const { url, method, body, redirects } = current;
    const { content, replayable } = body;
    const about = { url, method, hasBody: content !== null, replayable, redirects };
    const hop = hopOf(answer.status, answer.location, about);
    if (hop instanceof Error) throw fetchFailed(hop);
    current = hopFrom(current, hop);
  }
}

function exchange(
  request: WireRequest,
  stop: Stop,
  dispatch: Dispatch,
): Promise<WireResponse | SentOn> {
  return new Promise((resolve, reject) => {
    dispatch(dispatchOptionsOf(request), new Exchange(request, stop, resolve, reject));
  });
}
