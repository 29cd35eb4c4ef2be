/** At most this share is added to what a server asked for, so that a fleet that was told the same does not return at once. */
const spread = 0.1;

/**
 * How long the server asked us to wait, in milliseconds; `undefined` where it did not, or where what it said is garbage,
 * negative or past.
 *
 * `retry-after-ms` is what Azure and OpenAI send beside the standard header, and the finer of the two. `Retry-After` is
 * `delay-seconds` (digits only) or one of the three HTTP-date forms (RFC 9110, sections 10.2.3 and 5.6.7).
 *
 * @param headers none where a test double answers without.
 * @param now the wall clock, in milliseconds since the epoch.
 */
export function retryAfterOf(headers: Headers | undefined, now: number): number | undefined {
  if (!headers) return undefined;
  const exact = headers.get('retry-after-ms');
  if (exact !== null && /^\d+(\.\d+)?$/.test(exact)) return positive(Number(exact));
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  if (/^\d+$/.test(value)) return positive(Number(value) * 1000);
  const date = httpDate(value, now);
  return date === undefined ? undefined : positive(date - now);
}

/** Adds up to a tenth, and never takes anything away. */
export function spreadOut(asked: number, random: () => number): number {
  return asked * (1 + spread * random());
}

function positive(milliseconds: number): number | undefined {
  return milliseconds > 0 ? milliseconds : undefined;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const clock = '(\\d{2}):(\\d{2}):(\\d{2})';
const month = `(${months.join('|')})`;
const imfFixdate = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (\\d{2}) ${month} (\\d{4}) ${clock} GMT$`,
);
const rfc850 = new RegExp(
  `^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (\\d{2})-${month}-(\\d{2}) ${clock} GMT$`,
);
const asctime = new RegExp(
  `^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) ${month} ([ \\d]\\d) ${clock} (\\d{4})$`,
);

/** Milliseconds since the epoch, or `undefined` for anything that is not exactly one of the three forms. */
export function httpDate(text: string, now: number): number | undefined {
  let match = imfFixdate.exec(text);
  if (match) return utc(match[3], match[2], match[1], match.slice(4));
  match = rfc850.exec(text);
  if (match) return shortYear(match, now);
  match = asctime.exec(text);
  if (match) return utc(match[6], match[1], match[2], match.slice(3, 6));
  return undefined;
}

/** The latest date with these two digits of a year that is not more than 50 years ahead (RFC 9110, section 5.6.7). */
function shortYear(match: RegExpExecArray, now: number): number | undefined {
  const limit = new Date(now);
  const latest = limit.setUTCFullYear(limit.getUTCFullYear() + 50);
  const century = limit.getUTCFullYear() - (limit.getUTCFullYear() % 100);
  return [century, century - 100]
    .map((from) => utc(from + Number(match[3]), match[2], match[1], match.slice(4)))
    .find((date) => date !== undefined && date <= latest);
}

function utc(
  year: string | number | undefined,
  monthName: string | undefined,
  day: string | undefined,
  time: readonly string[],
): number | undefined {
  const [hour = 0, minute = 0, second = 0] = time.map(Number);
  const at = { year: Number(year), month: months.indexOf(monthName ?? ''), day: Number(day) };
  if (hour > 23 || minute > 59 || second > 60) return undefined;
  const date = Date.UTC(at.year, at.month, at.day, hour, minute, second);
  return new Date(Date.UTC(at.year, at.month, at.day)).getUTCDate() === at.day ? date : undefined;
}
