/** Names of the headers that tell what remains and when it starts anew, as the services that send them have them. */
const pairs = [
  ['ratelimit-remaining', 'ratelimit-reset'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset-after'],
  ['x-ratelimit-remaining', 'x-ratelimit-reset'],
  ['x-rate-limit-remaining', 'x-rate-limit-reset'],
] as const;

/** A number of seconds above this is a date: 1e9 seconds are 31 years, or September 2001. */
const earliestDate = 1e9;
const earliestDateInMilliseconds = 1e12;

/** Of no more digits than an integer in a header has (RFC 9651, section 3.3.1), so that it is finite. */
const number = /^\d{1,15}(?:\.\d{1,15})?$/;

/**
 * How long until a used-up rate limit starts anew, in milliseconds; `undefined` where something remains, or nothing is
 * said. Reads `RateLimit` (draft-ietf-httpapi-ratelimit-headers, from version 08 `"name";r=0;t=30`, in version 07
 * `limit=100, remaining=0, reset=30`), the `RateLimit-*` of its earlier versions, and `X-RateLimit-*`, whose reset is in
 * seconds, or a date in seconds (GitHub) or in milliseconds since the epoch.
 *
 * @param now the wall clock, in milliseconds since the epoch.
 */
export function rateLimitReset(headers: Headers | undefined, now: number): number | undefined {
  if (!headers) return undefined;
  const policies = headers.get('ratelimit');
  const waits = [...(policies ? fromPolicies(policies) : []), ...fromPairs(headers, now)];
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** A used-up policy of several holds by itself, so each counts. */
function* fromPolicies(value: string): Generator<number> {
  const members = value.split(',');
  yield* fromParameters(members, 'remaining', 'reset');
  for (const policy of members) yield* fromParameters(policy.split(';'), 'r', 't');
}

function* fromParameters(
  parameters: readonly string[],
  remaining: string,
  reset: string,
): Generator<number> {
  const values = new Map(parameters.map((one) => one.trim().split('=', 2) as [string, string]));
  if (values.get(remaining) === '0') yield* seconds(values.get(reset));
}

/** The first pair that is there: the others say the same in another way. */
function* fromPairs(headers: Headers, now: number): Generator<number> {
  for (const [remaining, reset] of pairs) {
    const value = headers.get(reset);
    if (value === null || headers.get(remaining) !== '0' || !number.test(value)) continue;
    const instant = Number(value);
    if (instant < earliestDate) yield* seconds(value);
    else {
      const date = instant < earliestDateInMilliseconds ? instant * 1000 : instant;
      if (date > now) yield date - now;
    }
    return;
  }
}

function* seconds(text: string | undefined): Generator<number> {
  if (text !== undefined && number.test(text) && Number(text) > 0) yield Number(text) * 1000;
}
