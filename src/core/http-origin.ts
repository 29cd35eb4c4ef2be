/**
 * What `url.origin` says of a URL of http or https; nothing of any other. Asked for itself, a URL puts its origin together
 * anew each time from parts of it, and that is a string that has to be read through before anything is found by it.
 */
export function httpOrigin(url: URL): string | undefined {
  const { href } = url;
  if (!href.startsWith('http://') && !href.startsWith('https://')) return undefined;
  const start = href.slice(0, href.indexOf('/', 'https://'.length));
  return start.includes('@') ? url.origin : start;
}
