import { AsyncLocalStorage } from 'node:async_hooks';

const original = globalThis.fetch;
const clients = new WeakSet<object>();

/** Remembers that a function is a client of ours: put in the place of the global fetch, it must not call itself. */
export function isClient(client: object): void {
  clients.add(client);
}

/** Which client is sending what through a replaced global fetch: one that leads back to it must not go round for ever. */
const within = new AsyncLocalStorage<{ readonly client: object; readonly href: string }>();

/** The process's own fetch, looked up at each attempt, so that a replaced or instrumented one is the one used. */
export function platformFetch(client: object, href: string): typeof globalThis.fetch {
  const current = globalThis.fetch;
  if (current === original || clients.has(current)) return original;
  const outer = within.getStore();
  if (outer && outer.client === client && outer.href === href) return original;
  return (input, init) => within.run({ client, href }, () => current(input, init));
}
