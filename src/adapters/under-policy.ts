import { AsyncLocalStorage } from 'node:async_hooks';

let mark: AsyncLocalStorage<true> | undefined;

/** From now on it is known of a request whether a client of ours sends it. Until somebody asks for that it costs nothing. */
export function markPolicies(): void {
  mark ??= new AsyncLocalStorage();
}

/** Sends a request that stands under a client's policies already. */
export function underPolicy<Given extends unknown[], Sent>(
  send: (...given: Given) => Sent,
  ...given: Given
): Sent {
  return mark ? mark.run(true, send, ...given) : send(...given);
}

/**
 * Whether what runs is a client's sending: a fetch goes through the process's dispatcher, and what that has for
 * interceptors must not retry the retries.
 */
export function isUnderPolicy(): boolean {
  return mark?.getStore() === true;
}
