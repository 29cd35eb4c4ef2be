import { OptionsError } from './core/errors.ts';
import { quoted } from './core/quoted.ts';

/** Host rules of a client, ready to be asked. */
export interface HostRules<Rule> {
  readonly size: number;
  /** The rule of an origin: of those that match, the most specific one. */
  of(url: URL): Rule | undefined;
}

/**
 * Reads host rules. From the most specific to the least: a full origin, `host:port`, `host`, and `*.suffix`, the longest
 * suffix first. `*.example.com` is every host below example.com, and not example.com itself, as in a certificate.
 */
export function hostRules<Rule>(rules: Readonly<Record<string, Rule>>): HostRules<Rule> {
  const exact = new Map<string, Rule>();
  const suffixes: (readonly [suffix: string, rule: Rule])[] = [];
  const faults: string[] = [];
  for (const [pattern, rule] of Object.entries(rules)) {
    const wildcard = pattern.startsWith('*.');
    const key = keyOf(wildcard ? pattern.slice(2) : pattern, wildcard);
    if (key === undefined) faults.push(message(pattern));
    else if (wildcard) suffixes.push([`.${key}`, rule]);
    else exact.set(key, rule);
  }
  if (faults.length > 0) throw new OptionsError(faults.join('\n'));
  suffixes.sort(([one], [other]) => other.length - one.length);

  return {
    size: exact.size + suffixes.length,
    of({ origin, protocol, hostname, port }) {
      const withPort = `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
      return (
        exact.get(origin) ??
        exact.get(withPort) ??
        exact.get(hostname) ??
        suffixes.find(([suffix]) => hostname.endsWith(suffix))?.[1]
      );
    },
  };
}

/** A pattern in the form in which a URL has it (lower case, punycode), or `undefined` if it is not one. */
function keyOf(pattern: string, wildcard: boolean): string | undefined {
  if (/^https?:\/\//i.test(pattern)) {
    const url = wildcard ? null : URL.parse(pattern);
    return url?.href === `${url?.origin}/` && !url.hostname.includes('*') ? url.origin : undefined;
  }
  const [, host, port] = /^(\[[\da-f:.]+\]|[^\s/?#@:*[\]]+)(?::(\d+))?$/i.exec(pattern) ?? [];
  const hostname = host && URL.parse(`http://${host}:${port ?? 80}`)?.hostname;
  if (!hostname || (wildcard && port)) return undefined;
  return port ? `${hostname}:${Number(port)}` : hostname;
}

function message(pattern: string): string {
  return `hosts: expected host, host:port, an origin or *.suffix, got ${quoted(pattern)}`;
}
