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
  const waits = [...fromPolicies(headers.get('ratelimit') ?? ''), ...fromPairs(headers, now)];
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** A used-up policy of several holds by itself, so each counts. */
function* fromPolicies(value: string): Generator<number> {
  const [, reset] = /^limit=\d+,\s*remaining=0,\s*reset=(\d+)$/.exec(value) ?? [];
  if (reset !== undefined) yield* seconds(reset);
  for (const policy of value.split(',')) {
    const [, parameters = ''] = /^\s*"[^"]*"((?:;[^;,]*)+)\s*$/.exec(policy) ?? [];
    if (/;\s*r=0(?:;|$)/.test(parameters)) {
      yield* seconds(/;\s*t=(\d+)(?:;|$)/.exec(parameters)?.[1]);
    }
  }
}

/** The first pair that is there: the others say the same in another way. */
function* fromPairs(headers: Headers, now: number): Generator<number> {
  for (const [remaining, reset] of pairs) {
    const value = headers.get(reset);
    if (value === null || headers.get(remaining)?.trim() !== '0') continue;
    if (!/^\d+(\.\d+)?$/.test(value)) continue;
    const number = Number(value);
    if (number < earliestDate) yield* seconds(value);
    else {
      const date = number < earliestDateInMilliseconds ? number * 1000 : number;
      if (date > now) yield date - now;
    }
    return;
  }
}

function* seconds(text: string | undefined): Generator<number> {
  if (text !== undefined && Number(text) > 0) yield Number(text) * 1000;
}
