import { isUnderPolicy, markPolicies } from '../adapters/under-policy.ts';
import type { Client } from '../client.ts';
import { requestOf } from './dispatched-request.ts';
import { Exchange } from './exchange.ts';
import { fromOld, isOld, type OldHandler, toOld } from './old-protocol.ts';
import type { Dispatch, DispatchOptions, Handler } from './protocol.ts';
import { type ResilienceOptions, senderOf } from './sender.ts';

/** What `compose` of any undici takes, whichever types it has for that. */
export type ResilienceInterceptor = <Given extends (options: never, handler: never) => boolean>(
  dispatch: Given,
) => Given;

/**
 * Makes an interceptor: `agent.compose(resilience(options))`. Every request over that dispatcher is then a call as a client
 * makes it, whoever sends it: `undici.request`, `stream`, `fetch`, an SDK. Give it a client, and both have one circuit,
 * one budget and the same slots for each origin.
 *
 * It belongs first in the list, which is closest to the network: so each hop that `interceptors.redirect()` makes is judged
 * by where it goes. What a client of this library sends over such a dispatcher stands under that client's policies
 * alone. Upgrades and CONNECT pass through, as does what names no origin (`Client` and `Pool` of undici 7 do not by
 * themselves).
 *
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export function resilience(given: Client | ResilienceOptions = {}): ResilienceInterceptor {
  const send = senderOf(given);
  markPolicies();
  const intercept = (dispatch: Dispatch, ownOrigin?: string | null) => {
    const old: Dispatch = (options, handler) => dispatch(options, toOld(handler) as Handler);
    return function resilience(options: DispatchOptions, handler: Handler | OldHandler): boolean {
      const request = isUnderPolicy() ? undefined : requestOf(options, ownOrigin);
      if (!request) return dispatch(options, handler as Handler);
      const { resilience: _, ...rest } = options;
      const exchange = isOld(handler)
        ? new Exchange(request, old, rest, fromOld(handler))
        : new Exchange(request, dispatch, rest, handler);
      exchange.run(send);
      return exchange.welcome;
    };
  };
  return intercept as unknown as ResilienceInterceptor;
}
