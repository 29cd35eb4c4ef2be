import type { Context } from './context.ts';
import type { Emitter } from './events.ts';
import type { Outgoing } from './outgoing.ts';

/** What the strategies of one client share. */
export interface Runtime {
  /** The client's name. */
  readonly name: string;
  readonly events: Emitter;
  /** A number from 0 up to 1: the one source of jitter. */
  readonly random: () => number;
}

/** What every event of a call tells. */
export function callEvent(runtime: Runtime, { id, origin }: Context, { method, url }: Outgoing) {
  return { client: runtime.name, origin, id, method, path: url.pathname };
}

/** What every event of an attempt tells. */
export function attemptEvent(runtime: Runtime, context: Context, request: Outgoing) {
  const { attempt, hedge } = context;
  return { ...callEvent(runtime, context, request), attempt, hedge: hedge > 0 };
}
