/** Keeps a number and its unit on one line. */
const thin = '\u202f';

/** What stands where nothing is known. */
export const nothing = '–';

/** A number of things: `1,204`, and `1.2 M` where every digit would be noise. */
export function count(value: number): string {
  if (value < 1_000_000) return Math.round(value).toLocaleString('en');
  return `${(value / 1_000_000).toPrecision(3)}${thin}M`;
}

/** How often a second, with two or three digits that mean something. */
export function perSecond(value: number): string {
  return `${short(value)}/s`;
}

/** A number with at most one decimal, and none where the whole part says enough. */
export function short(value: number): string {
  if (value >= 10_000) return `${(value / 1_000).toFixed(value < 100_000 ? 1 : 0)}${thin}k`;
  if (value >= 10 || Number.isInteger(value)) return count(value);
  return value.toFixed(1);
}

/** A share. Only all is `100 %` and only none is `0 %`: an operator must see the one call in ten thousand that failed. */
export function percent(share: number): string {
  const tenths = Math.round(share * 1_000);
  if (share > 0 && tenths === 0) return `<0.1${thin}%`;
  const kept = share < 1 ? Math.min(tenths, 999) : tenths;
  return `${kept % 10 === 0 || kept > 1_000 ? Math.round(kept / 10) : (kept / 10).toFixed(1)}${thin}%`;
}

/** How long something took. */
export function duration(milliseconds: number): string {
  if (milliseconds < 10) return `${trimmed(milliseconds, 1)}${thin}ms`;
  if (milliseconds < 999.5) return `${Math.round(milliseconds)}${thin}ms`;
  if (milliseconds < 9_995) return `${trimmed(milliseconds / 1_000, 2)}${thin}s`;
  if (milliseconds < 59_950) return `${trimmed(milliseconds / 1_000, 1)}${thin}s`;
  return span(milliseconds);
}

/** A length of time in whole seconds, rounded up: a countdown that says 0 is over. */
export function span(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1_000);
  if (seconds < 60) return `${seconds}${thin}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return pair(minutes, 'min', seconds % 60, 's');
  return pair(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
}

/** The reader's own time of day. */
export function clock(at: number): string {
  const date = new Date(at);
  const parts = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return parts.map((part) => String(part).padStart(2, '0')).join(':');
}

/** `1 call`, `2 calls`. */
export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

function trimmed(value: number, digits: number): string {
  return String(Number(value.toFixed(digits)));
}

function pair(large: number, unit: string, small: number, smallUnit: string): string {
  const rest = small > 0 ? ` ${small}${thin}${smallUnit}` : '';
  return `${large}${thin}${unit}${rest}`;
}
