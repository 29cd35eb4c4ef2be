/// <reference lib="esnext.disposable" preserve="true" />
import type { Client } from '../client.ts';
import type { CallLog } from '../core/call-log.ts';
import { timelineOf } from '../core/timeline.ts';
import { type Expectations, expectAll } from './expectations.ts';
import { type RecordedAttempt, Recording } from './recording.ts';

/** What a client has done since somebody began to listen. */
export interface Recorder extends Disposable {
  /** Every attempt, in the order in which they left; `at` is in milliseconds from the start of its call. */
  attempts(): RecordedAttempt[];
  /** Every call, in the order in which they began; what is under way is `pending`. */
  calls(): CallLog[];
  /**
   * Throws an AssertionError where the client did something else: each difference, and a timeline of every call. Only what
   * is named is compared.
   */
  expect(expected: Expectations): void;
  /** Forgets everything, calls under way included. */
  clear(): void;
  /** Listens no more; what was recorded stays. */
  stop(): void;
  /** A timeline of every call. */
  toString(): string;
}

/**
 * Writes down what a client does, for a test to look at. It listens to the client's events, so it changes nothing, and
 * needs no runner of a certain kind. Calls that began before it are not in it.
 */
export function record(client: Pick<Client, 'on'>): Recorder {
  const recorded = new Map<string, Recording>();
  const endings = [
    client.on('call.started', (event) => void recorded.set(event.id, new Recording(event))),
    client.on('attempt.started', (event) => recorded.get(event.id)?.left(event)),
    client.on('attempt.ended', (event) => recorded.get(event.id)?.ended(event)),
    client.on('retry.scheduled', (event) => recorded.get(event.id)?.waits(event)),
    client.on('call.ended', ({ id, log }) => {
      const recording = recorded.get(id);
      if (recording) recording.log = log;
    }),
  ];

  function attempts(): RecordedAttempt[] {
    const all = [...recorded.values()].flatMap((recording) => recording.attempts());
    return all.toSorted((one, other) => one.left - other.left).map(({ attempt }) => attempt);
  }

  function stop(): void {
    for (const end of endings) end();
  }

  const calls = () => [...recorded.values()].map(({ log }) => log);
  const story = () => calls().map(timelineOf).join('\n') || 'nothing was called';
  return {
    attempts,
    calls,
    expect: (expected) => expectAll(expected, { calls: calls(), attempts: attempts() }, story),
    clear: () => recorded.clear(),
    stop,
    toString: story,
    [Symbol.dispose]: stop,
  };
}
