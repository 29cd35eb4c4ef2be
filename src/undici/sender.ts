import { type Client, createClient, type ResilientInit } from '../client.ts';
import { OptionsError } from '../core/errors.ts';
import type { FetchInit } from '../core/outgoing.ts';
import type { ClientOptions } from '../options.ts';
import type { Exchange } from './exchange.ts';

/** Options of a client, but for those that say what a request is sent with and where it goes, which undici has said. */
export type ResilienceOptions = Omit<ClientOptions, (typeof said)[number]> & {
  /** Whose options hold under these, and whose circuits, budgets and slots are shared. A client of its own if left out. */
  client?: Client;
};

const said = ['fetch', 'pool', 'baseUrl', 'endpoints'] as const;

/** What a call of the client's is given here; the dispatcher goes through all strategies untouched. */
interface Sent extends Omit<FetchInit, 'dispatcher'> {
  readonly dispatcher: Exchange;
}

/**
 * A client whose fetch is a dispatch. Nothing of what decides is made anew for undici: the same pipeline runs over the
 * same state, tells the same events, and shows in the same `health()`.
 *
 * @throws OptionsError
 */
export function senderOf(
  given: Client | ResilienceOptions,
): (exchange: Exchange) => Promise<Response> {
  const { client, ...options } = typeof given === 'function' ? { client: given } : given;
  const faults = said
    .filter((name) => Object.hasOwn(options, name))
    .map((name) => `${name}: expected nothing here: it is undici's`);
  if (faults.length > 0) throw new OptionsError(faults.join('\n'));
  const fetch = overDispatch as unknown as typeof globalThis.fetch;
  const own = client ? client.extend({ ...options, fetch }) : createClient({ ...options, fetch });
  return (exchange) => {
    const { url, method, headers, body, resilience } = exchange.request;
    const { stop } = exchange;
    const init = { method, headers: headers.record, body, signal: stop, dispatcher: exchange };
    const all: object = resilience === undefined ? init : { ...init, resilience };
    return own(url, all as ResilientInit);
  };
}

/** The innermost of all strategies: one attempt. */
async function overDispatch(_url: string, { dispatcher, ...init }: Sent): Promise<Response> {
  return dispatcher.attempt(init);
}
