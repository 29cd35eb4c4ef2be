import type { AttemptLog, CallLog, StepLog } from './call-log.ts';
import { reasons, refusals } from './reasons.ts';
import { counted, grouped, roughly } from './words.ts';

const sources: Readonly<Record<NonNullable<AttemptLog['source']>, (delay: string) => string>> = {
  backoff: (delay) => `${delay} of backoff`,
  'retry-after': (delay) => `${delay}, as the server asked`,
  failover: () => 'another place at once',
};

/** Characters of a bar. None of them is less than a millisecond. */
const width = 24;

/** One line: what was busy from `at` for `duration`, which a mere wait has not, and idle after that for `wait`. */
interface Row {
  readonly at: number;
  readonly duration?: number;
  readonly wait: number;
  readonly name: string;
  readonly text: string;
}

/**
 * A call's log as text: what came of it, and under that a line for each thing that happened, at its time, with a bar that
 * shows what ran side by side. It is made of labels and numbers, so there is nothing private in it.
 */
export function timelineOf(log: CallLog): string {
  const rows = rowsOf(log);
  const end = Math.max(width, log.duration, ...rows.map(({ at, duration = 0 }) => at + duration));
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map((row) => {
    const at = `${grouped(Math.round(row.at))} ms`.padStart(10);
    return `${at}  ${barOf(row, end)}  ${row.name.padEnd(longest)}  ${plain(row.text)}`;
  });
  return [plain(headOf(log)), ...lines].join('\n');
}

function headOf({ method, origin, path, outcome, duration, attempts, substituted }: CallLog) {
  const requests = new Set(attempts.map(({ attempt }) => attempt)).size;
  const copies = attempts.filter(({ hedge }) => hedge).length;
  const sent = requests === 0 ? 'nothing was sent' : counted(requests, 'attempt');
  const result = substituted ? `${outcome} from the fallback` : outcome;
  return [
    `${method} ${origin}${path} → `,
    outcome === 'pending' ? 'under way' : `${result} after ${roughly(duration)}`,
    `, ${sent}${copies > 0 ? ` and ${counted(copies, 'second copy', 'second copies')}` : ''}`,
  ].join('');
}

function rowsOf(log: CallLog): Row[] {
  const { attempts, steps = [] } = log;
  const rows = [
    ...steps.map(stepRow),
    ...attempts.map((entry) => attemptRow(entry, log)),
    ...endRow(log),
  ];
  return rows.toSorted((one, other) => one.at - other.at);
}

function attemptRow(entry: AttemptLog, log: CallLog): Row {
  const { attempt, hedge, at, broken, delay = 0, source, origin } = entry;
  const duration = broken?.after ?? entry.duration;
  const next = source ? `, then ${sources[source](roughly(delay))}` : '';
  const decided = log.attempts.findLast(({ outcome }) => outcome !== 'superseded');
  const stopped = entry === decided && !source ? stopAfter(log) : '';
  const place = origin ? `at ${origin}: ` : '';
  return {
    ...{ at, duration, wait: delay, name: hedge ? 'second copy' : `attempt ${attempt}` },
    text: `${place}${outcomeOf(entry)}${breakOf(entry)}${next}${stopped}`,
  };
}

function outcomeOf({ outcome, duration }: AttemptLog): string {
  const span = roughly(duration);
  if (outcome === 'pending') return 'under way';
  if (outcome === 'superseded') return `ended after ${span}: the other copy was faster`;
  return outcome === 'ERR_RESILIENCE_TIMEOUT' ? `no answer in ${span}` : `${outcome} in ${span}`;
}

/** Where its body broke off, if it did. */
function breakOf({ broken }: AttemptLog): string {
  if (!broken) return '';
  const { after, offset, outcome } = broken;
  return `, broke off after ${roughly(after)} at byte ${grouped(offset)} (${outcome})`;
}

/** Why nothing followed the last attempt; of an answer that is what was wanted there is nothing to say. */
function stopAfter({ outcome, stopped, method }: CallLog): string {
  const isGood = outcome === 'returned' || Number(outcome) < 400;
  if (stopped === 'pending' || (stopped === 'final' && isGood)) return '';
  if (stopped === 'aborted' || stopped === 'timeout') return `; ${reasons[stopped]}`;
  const reason = stopped === 'method' ? `${method} may not be sent twice` : reasons[stopped];
  return `; no retry: ${reason}`;
}

/** The end of a call that was not that of its last attempt: in a wait, or before anything was sent. */
function endRow({ stopped, attempts, steps, outcome, duration }: CallLog): Row[] {
  const last = attempts.at(-1);
  if (stopped === 'pending' || (last && !last.source)) return [];
  const fallback = steps?.find(({ step }) => step === 'fallback');
  const refusal = refusals[fallback?.outcome ?? outcome];
  const text = (stopped === 'refused' && refusal) || reasons[stopped];
  return [{ at: fallback?.at ?? duration, duration: 0, wait: 0, name: 'given up', text }];
}

function stepRow({ step, at, duration, origin, outcome = '' }: StepLog): Row {
  const place = origin ? ` at ${origin}` : '';
  const long = roughly(duration);
  const texts: Record<StepLog['step'], string> = {
    queued: `waited ${long} for a slot`,
    held: `waited ${long}${place}: the origin asked everybody for a pause`,
    refused: `not sent${place}: ${refusals[outcome] ?? outcome}; the next place was tried`,
    fallback: `given after ${long}, in the place of ${outcome}`,
  };
  const waits = step === 'queued' || step === 'held';
  const span = waits ? { wait: duration } : { duration, wait: 0 };
  return { at, ...span, name: step, text: texts[step] };
}

function barOf({ at, duration, wait }: Row, end: number): string {
  const column = (instant: number) => Math.min(width, Math.round((instant / end) * width));
  const from = Math.min(column(at), width - 1);
  const busy = duration === undefined ? 0 : Math.max(1, column(at + duration) - from);
  const idle = column(at + (duration ?? 0) + wait) - from - busy;
  return `${' '.repeat(from)}${'█'.repeat(busy)}${'·'.repeat(Math.max(0, idle))}`.padEnd(width);
}

/** Without what would begin a new line, or colour what follows: a method and an error's name can be anything. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '');
}
