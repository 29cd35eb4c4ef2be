import * as v from 'valibot';
import { check } from '../check.ts';
import { longest } from '../core/stop.ts';
import { atLeast, between, fn, integer, length, object } from '../schema.ts';
import { type Answer, answerNames, script } from './answer.ts';
import { type FaultPlan, faultKinds } from './fault.ts';

const text = {
  seed: `an integer from 0 to ${2 ** 32 - 1}`,
  span: `milliseconds from 0 to ${longest}, or a range [from, to]`,
  status: 'a status from 400 to 599',
  statuses: 'an array with at least one status',
  code: "a code such as 'ECONNREFUSED'",
  codes: 'an array with at least one code',
};

/** A request, as far as it may decide about its faults. */
export interface AskedRequest {
  readonly method: string;
  readonly url: URL;
}

const weight = v.optional(between(0, Number.MAX_SAFE_INTEGER, 'a number ≥ 0'));
const kinds = v.pipe(
  object({ latency: weight, status: weight, error: weight, reset: weight, truncation: weight }),
  v.check((given) => faultKinds.some((kind) => (given[kind] ?? 0) > 0), 'a weight above 0'),
);

const faults = object({
  /** The same seed gives the same requests the same faults, in every run and on every platform. @default 1 */
  seed: v.optional(integer(0, 2 ** 32 - 1, text.seed)),
  /** The share of requests that something goes wrong with, from 0 to 1. */
  rate: between(0, 1, 'a number from 0 to 1'),
  /** What goes wrong, each with its weight; what is not named does not happen. @default all five alike */
  kinds: v.optional(kinds),
  /** How long a `latency` is, in milliseconds: a number, or a range. @default [50, 500] */
  latency: v.optional(v.custom<number | readonly [from: number, to: number]>(isSpan, text.span)),
  /** What a `status` is. @default [500, 502, 503, 504] */
  statuses: v.optional(
    v.pipe(v.array(integer(400, 599, text.status), text.statuses), v.minLength(1, text.statuses)),
  ),
  /** A Retry-After in seconds, with each `status` that is 429 or 503. @default none */
  retryAfter: v.optional(atLeast(0)),
  /**
   * Why an `error` did not leave the house, as `cause.code` says it. A fault server can't have any of these: there, the
   * connection is closed without an answer. @default ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT']
   */
  codes: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(text.code), v.regex(/^[A-Z][A-Z0-9_]+$/, text.code)), text.codes),
      v.minLength(1, text.codes),
    ),
  ),
  /** Which requests may be hit at all. @default all */
  only: v.optional(fn<(request: AskedRequest) => boolean>('(request) => boolean')),
});

const server = object({
  /** Answers in turn; the last is for all that comes after. @default [200] */
  script: v.optional(script),
  /** Faults over those answers. A request uses up its line of the script whatever befalls it. @default none */
  faults: v.optional(faults),
});

const settling = object({
  /** How far the clock is turned at the most, in milliseconds. @default 600_000 */
  limit: v.optional(length),
  /** How far it is turned at once. @default 1, or 100 where turning it gives a promise */
  step: v.optional(length),
});

/** Which faults are injected, and into how many requests. */
export interface FaultOptions extends v.InferInput<typeof faults> {}
/** What a fault server answers. */
export interface FaultServerOptions extends v.InferInput<typeof server> {}
/** How far, and how finely, a clock is turned. */
export interface SettleOptions extends v.InferInput<typeof settling> {}

const faultNames = [...Object.keys(faults.entries), ...faultKinds.map((kind) => `kinds.${kind}`)];
const serverNames = [
  ...Object.keys(server.entries),
  ...answerNames.map((name) => `script.${name}`),
  ...faultNames.map((name) => `faults.${name}`),
];

/** Checks which faults are asked for; throws an OptionsError that names every fault of the options. */
export const checkFaultOptions = (given: unknown): FaultOptions =>
  check<FaultOptions>(faults, given, faultNames);

/** Checks the options of a fault server. */
export const checkServerOptions = (given: unknown): FaultServerOptions =>
  check<FaultServerOptions>(server, given, serverNames);

/** Checks answers that come later. */
export const checkScript = (given: unknown): readonly Answer[] =>
  check<{ script: Answer[] }>(object({ script }), { script: given }, serverNames).script;

/** Checks how a clock is to be turned. */
export const checkSettleOptions = (given: unknown): SettleOptions =>
  check<SettleOptions>(settling, given, Object.keys(settling.entries));

/** Faults as they are drawn, with every default in its place. */
export function planOf(options: FaultOptions): FaultPlan {
  const { seed = 1, rate, kinds, latency = [50, 500], retryAfter } = options;
  const { statuses = [500, 502, 503, 504] } = options;
  const { codes = ['ECONNREFUSED', 'ENOTFOUND', 'UND_ERR_CONNECT_TIMEOUT'] } = options;
  const all = { latency: 1, status: 1, error: 1, reset: 1, truncation: 1 };
  const span = typeof latency === 'number' ? ([latency, latency] as const) : latency;
  return { seed, rate, kinds: kinds ?? all, latency: span, statuses, codes, retryAfter };
}

function isSpan(value: unknown): boolean {
  const [from, to, ...more]: unknown[] = Array.isArray(value) ? value : [value, value];
  const areLengths = [from, to].every((at) => typeof at === 'number' && at >= 0 && at <= longest);
  return areLengths && Number(from) <= Number(to) && more.length === 0;
}
