/** How a length of time is written into a header: a number of milliseconds, or as gRPC has it (`480m`). */
export type DeadlineFormat = 'milliseconds' | 'grpc';

/** A header for the time that is left. */
export interface DeadlineHeader {
  readonly header: string;
  readonly format?: DeadlineFormat | undefined;
}

/** What of a call travels with it to the service that it asks. */
export interface PropagationRule {
  readonly deadline: 'milliseconds' | 'envoy' | 'grpc' | DeadlineHeader | false;
  readonly attempt: string | false;
  readonly doNotRetry: string | false;
  readonly margin: number;
}

/** What `propagation: true` brings. */
export const defaultPropagation = {
  deadline: 'milliseconds',
  attempt: 'x-request-attempt',
  doNotRetry: 'x-do-not-retry',
  margin: 10,
} as const satisfies PropagationRule;

/**
 * The forms that go by a name. Envoy writes the second one anew on its way, so whoever has no Envoy, or one that knows
 * nothing of the call's own deadline, is better off with the first.
 */
const deadlineHeaders: Readonly<Record<'milliseconds' | 'envoy' | 'grpc', DeadlineHeader>> = {
  milliseconds: { header: 'x-request-timeout-ms', format: 'milliseconds' },
  envoy: { header: 'x-envoy-expected-rq-timeout-ms', format: 'milliseconds' },
  grpc: { header: 'grpc-timeout', format: 'grpc' },
};

/** What is to be told to whoever is asked. */
export interface Told {
  /** Milliseconds; `Infinity` where there is no deadline. */
  readonly timeLeft: number;
  readonly attempt: number;
  readonly doNotRetry: boolean;
}

/** What was told by whoever asks. */
export interface Heard {
  /** Milliseconds. */
  readonly deadline: number | undefined;
  readonly attempt: number;
  readonly doNotRetry: boolean;
}

/** The headers of one attempt, their names in lower case. A length and never an instant, as no two machines have the same clock. */
export function headersOf(rule: PropagationRule, told: Told): Record<string, string> {
  const { deadline, attempt, doNotRetry, margin } = rule;
  const headers: Record<string, string> = {};
  if (deadline !== false && told.timeLeft < Number.POSITIVE_INFINITY) {
    const { header, format } = headerOf(deadline);
    headers[header.toLowerCase()] = written(
      Math.max(1, Math.floor(told.timeLeft - margin)),
      format,
    );
  }
  if (attempt !== false) headers[attempt.toLowerCase()] = String(told.attempt);
  if (doNotRetry !== false && told.doNotRetry) headers[doNotRetry.toLowerCase()] = 'true';
  return headers;
}

/** What the headers of a request say: of several deadlines the shortest counts, of several attempts the last. */
export function heardIn(get: (name: string) => string | null, rule: PropagationRule): Heard {
  const { deadline, attempt, doNotRetry } = rule;
  const forms = deadline === false ? [] : [...Object.values(deadlineHeaders), headerOf(deadline)];
  const lengths = forms.map(({ header, format }) => lengthIn(get(header), format));
  const counts =
    attempt === false ? [] : [attempt, ...attemptHeaders].map((name) => count(get(name)));
  const before = attempt === false ? 0 : count(get('grpc-previous-rpc-attempts'));
  const shortest = Math.min(...lengths.filter((length) => length !== undefined));
  return {
    deadline: shortest < Number.POSITIVE_INFINITY ? shortest : undefined,
    attempt: Math.max(1, before + 1, ...counts),
    doNotRetry: doNotRetry !== false && isYes(get(doNotRetry)),
  };
}

const attemptHeaders = [defaultPropagation.attempt, 'x-envoy-attempt-count'];

/**
 * Whether an answer says that a retry is of no use: by the header of that name, by `x-should-retry: false`, which SDKs of
 * several vendors heed, or by gRPC's push-back, of which a negative number forbids (gRFC A6).
 */
export function isMarked(headers: Headers | undefined, name: string): boolean {
  // a test double may answer without headers
  if (!headers) return false;
  if (isYes(headers.get(name)) || headers.get('x-should-retry') === 'false') return true;
  return /^-\d/.test(headers.get('grpc-retry-pushback-ms') ?? '');
}

function headerOf(deadline: Exclude<PropagationRule['deadline'], false>): DeadlineHeader {
  return typeof deadline === 'string' ? deadlineHeaders[deadline] : deadline;
}

/** gRPC allows eight digits; what is longer is told in seconds. */
function written(milliseconds: number, format: DeadlineFormat = 'milliseconds'): string {
  if (format === 'milliseconds') return String(milliseconds);
  return milliseconds < 1e8 ? `${milliseconds}m` : `${Math.floor(milliseconds / 1_000)}S`;
}

/** Milliseconds of gRPC's units. */
const units: Readonly<Record<string, number>> = {
  ...{ H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 1e-3, n: 1e-6 },
};

/**
 * Anybody may send anything, so what is not exactly of the form is as if absent. So is 0: it is no length in gRPC, and
 * means "no timeout" to Envoy.
 */
function lengthIn(
  value: string | null,
  format: DeadlineFormat = 'milliseconds',
): number | undefined {
  const form = format === 'grpc' ? /^(\d{1,8})([HMSmun])$/ : /^(\d{1,10})$/;
  const [, digits, unit = 'm'] = form.exec(value ?? '') ?? [];
  const length = Number(digits) * (units[unit] ?? Number.NaN);
  return length > 0 ? length : undefined;
}

function count(value: string | null): number {
  return /^\d{1,4}$/.test(value ?? '') ? Number(value) : 0;
}

function isYes(value: string | null): boolean {
  return value === 'true' || value === '1';
}
