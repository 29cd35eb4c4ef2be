/**
 * A string that was given, as a message may show it: short, and without what is a secret in a URL, which stands before an
 * `@` or after a `?`.
 */
export function quoted(text: string): string {
  const bare = text.replace(/^[^?#]*@/, '…@').replace(/([?#]).+/s, '$1…');
  return JSON.stringify(bare.length > 40 ? `${bare.slice(0, 40)}…` : bare);
}
