import { counted, grouped, listed } from '../core/words.ts';
import type { Levels } from '../levels.ts';
import type { ClientOptions } from '../options.ts';
import { orderOf } from '../targets.ts';
import type { Part } from './part.ts';
import { said } from './said.ts';
import { isSet } from './sources.ts';

/** What belongs to a client as a whole, and what it sends with. Of headers only the names: a value may be a secret. */
export function clientParts(levels: Levels): Part[] {
  const headers = new Set(levels.all('headers').flatMap((level) => Object.keys(level)));
  const random = levels.last('random') !== undefined;
  const parts = {
    fetch: levels.last('fetch') ? 'a function that was given' : "the process's own",
    pool: poolWords(levels.last('pool')),
    headers:
      headers.size > 0 && `${listed([...headers])}, unless a request has its own${reach(levels)}`,
    telemetry: levels.last('telemetry') === false ? 'none' : 'to OpenTelemetry, if there is an SDK',
    random: random && 'from a function that was given',
    memory: `of ${counted(levels.last('maxOrigins') ?? 1_000, 'origin')} at the most`,
  };
  return Object.entries(parts)
    .filter(([, words]) => words !== false)
    .map(([name, words]) => ({ name, options: [], words }));
}

/** Where headers go that may be credentials. */
function reach(levels: Levels): string {
  return levels.last('baseUrl') === undefined ? '' : '; to other origins only those for anybody';
}

/** Where relative inputs go, if there are several places. */
export function placesOf(levels: Levels): string | false {
  const options = { baseUrl: levels.last('baseUrl'), endpoints: levels.last('endpoints') };
  const bases = [options.baseUrl ?? []].flat();
  if (bases.length < 2) return false;
  const weighted = orderOf(options) === 'weighted';
  const places = bases.map((base) => {
    const { url, weight = 1 } = typeof base === 'string' ? { url: base } : base;
    return weighted ? `${placeOf(url)} (${grouped(weight)})` : placeOf(url);
  });
  return `${weighted ? 'by weight, of those that are well:' : 'the first that is well of'} ${listed(places)}`;
}

/** A URL without what may be a secret in it. */
export function placeOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return pathname === '/' ? origin : origin + pathname;
}

/** Of undici's own options only the names: among them are keys and passwords. */
function poolWords(pool: ClientOptions['pool']): string | false {
  if (!pool) return false;
  if (pool === true) return 'connections of its own';
  const told = Object.entries(pool).map(([name, value]: [string, unknown]) => {
    if (isSet(value)) return [name, Object.keys(value)];
    return [name, typeof value === 'string' ? URL.parse(value)?.host : value];
  });
  return `connections of its own, with ${said(Object.fromEntries(told))}`;
}
