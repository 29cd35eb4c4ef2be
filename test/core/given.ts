import type { CallLog } from '../../src/core/call-log.ts';
import { Chronicle } from '../../src/core/chronicle.ts';
import type { Context } from '../../src/core/context.ts';
import { Emitter, type EventName, type Events } from '../../src/core/events.ts';
import { type FetchInit, type Outgoing, outgoingOf } from '../../src/core/outgoing.ts';
import type { Runtime } from '../../src/core/runtime.ts';
import { Stop } from '../../src/core/stop.ts';

/** A request to `https://api.test`, with all that must never be told of it. */
export const address = 'https://user:secret@api.test/users/1?token=secret#secret';

export function outgoing(init?: FetchInit, input: string = address): Outgoing {
  return outgoingOf(input, init, new URL(input));
}

export function logOf(changes: Partial<CallLog> = {}): Chronicle {
  return Object.assign(new Chronicle('1', 'GET', 'https://api.test', '/users/1'), changes);
}

export function contextOf(changes: Partial<Context> = {}): Context {
  const origin = 'https://api.test';
  return {
    id: '1',
    origin,
    state: { origin, inFlight: 0 },
    attempt: 1,
    hedge: 0,
    stop: Stop.never,
    deadline: Number.POSITIVE_INFINITY,
    log: logOf(),
    ...changes,
  };
}

/** A runtime, and the events that its emitter told, in order. */
export function runtimeOf(...names: EventName[]) {
  const told: [name: EventName, event: Events[EventName]][] = [];
  const events = new Emitter();
  for (const name of names) events.on(name, (event) => told.push([name, event]));
  const runtime: Runtime = { name: 'test', events, random: () => 0.5 };
  return { runtime, told };
}
