/** Where in the dashboard a request goes. */
export interface Way {
  /** Below where the dashboard lives; empty if that was asked for without a slash at the end. */
  readonly path: string;
  /** The last part of where it lives, which a relative redirect has to begin with. */
  readonly name: string;
}

/** Takes off a path where the dashboard lives; nothing is left of one that is elsewhere. */
export function wayTo(pathname: string, mount: string): Way | undefined {
  const base = withoutSlash(mount);
  const isBelow = pathname === base || pathname.startsWith(`${base}/`);
  return isBelow ? { path: pathname.slice(base.length), name: lastOf(base) } : undefined;
}

/** The same where somebody, a router mostly, has taken it off already, and says what it was before. */
export function strippedWay(pathname: string, before: string): Way {
  const isBare = pathname === '/' && !before.endsWith('/');
  return { path: isBare ? '' : pathname, name: lastOf(before) };
}

function lastOf(pathname: string): string {
  return pathname.slice(pathname.lastIndexOf('/') + 1);
}

/** Without slashes at its end; no pattern, as one would look from each slash of a long row anew. */
function withoutSlash(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end--;
  return path.slice(0, end);
}
