import { AssertionError } from 'node:assert';
import * as v from 'valibot';
import { check } from '../check.ts';
import type { CallLog, StopReason } from '../core/call-log.ts';
import { atLeast, object } from '../schema.ts';
import type { RecordedAttempt } from './recording.ts';

const isLabel = (value: unknown) => typeof value === 'string' || typeof value === 'number';
const isLength = (value: unknown) => typeof value === 'number' && value >= 0;
const isDelay = (value: unknown) =>
  Array.isArray(value) ? value.length === 2 && value.every(isLength) : isLength(value);

const label = v.custom<string | number>(
  isLabel,
  "a status, a code such as 'ECONNRESET', or a name",
);
const labels = v.optional(v.array(label, 'an array of outcomes'));
const delay = v.custom<number | readonly [from: number, to: number]>(
  isDelay,
  'milliseconds ≥ 0, or a range [from, to]',
);

const expectations = object({
  /** How many calls were made. */
  calls: v.optional(atLeast(0)),
  /** How many requests left, retries and second copies included. */
  attempts: v.optional(atLeast(0)),
  /** How each attempt ended, in the order in which they left: a status, an error's code, or its name. */
  outcomes: labels,
  /** What each call gave its caller, in the order in which they began. */
  results: labels,
  /** Why each call made no further attempt, as `explain` says it; `pending` while it is under way. */
  stopped: v.optional(
    v.array(v.custom<StopReason | 'pending'>(isLabel, 'a reason'), 'an array of reasons'),
  ),
  /** The waits before retries, to the millisecond; a range where there is jitter. */
  delays: v.optional(v.array(delay, 'an array of milliseconds')),
});

/** What a client is to have done. What is left out may be anything. */
export interface Expectations extends v.InferInput<typeof expectations> {}

/** Calls and attempts as they can be compared with what was expected of them. */
export interface Recorded {
  readonly calls: readonly CallLog[];
  readonly attempts: readonly RecordedAttempt[];
}

type Figures = Readonly<Record<string, number | readonly (number | string)[]>>;

/**
 * Throws one AssertionError for all differences. It is Node's, with `actual` and `expected`, so that any runner shows it as
 * it does its own.
 *
 * @param story what happened, to be told under the differences.
 */
export function expectAll(given: Expectations, recorded: Recorded, story: () => string): void {
  const asked = check<Expectations>(expectations, given, Object.keys(expectations.entries));
  const all = figuresOf(recorded);
  const names = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : name));
  const actual = pick(all, names);
  const expected = pick(expectedOf(asked, all), names);
  const wrong = names.filter((name) => told(actual[name]) !== told(expected[name]));
  if (wrong.length === 0) return;
  const lines = wrong.map((name) => {
    const head = `  ${name}: expected `;
    return `${head}${told(expected[name])}\n${'got '.padStart(head.length)}${told(actual[name])}`;
  });
  const said = `the client did not do what was expected:\n${lines.join('\n')}\n\n${story()}`;
  throw new AssertionError({ message: said, actual, expected, operator: 'expect' });
}

function figuresOf({ calls, attempts }: Recorded): Figures {
  return {
    calls: calls.length,
    attempts: attempts.length,
    outcomes: attempts.map(({ outcome }) => outcome),
    results: calls.map(({ outcome }) => outcome),
    stopped: calls.map(({ stopped }) => stopped),
    delays: attempts.flatMap(({ delay }) => (delay === undefined ? [] : [Math.round(delay)])),
  };
}

/** What was asked for in the form of what there is; a range stands for what was measured, if that is in it. */
function expectedOf(asked: Expectations, { delays }: Figures): Figures {
  const measured = (index: number) => (Array.isArray(delays) ? Number(delays[index]) : 0);
  const entries = Object.entries({
    ...asked,
    outcomes: asked.outcomes?.map(String),
    results: asked.results?.map(String),
    delays: asked.delays?.map((delay, index) => {
      if (typeof delay === 'number') return Math.round(delay);
      const [from, to] = delay;
      const at = measured(index);
      return from <= at && at <= to ? at : `${from}–${to}`;
    }),
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as Figures;
}

function pick(figures: Figures, names: readonly string[]): Figures {
  return Object.fromEntries(names.map((name) => [name, figures[name] ?? []]));
}

function told(figure: Figures[string] | undefined): string {
  if (typeof figure !== 'object') return String(figure);
  return figure.length === 0 ? 'none' : figure.join(', ');
}
