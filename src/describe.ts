import type { OriginState, PerOrigin } from './core/per-origin.ts';
import { clientParts, placeOf, placesOf } from './describe/client.ts';
import type { Part } from './describe/part.ts';
import { said } from './describe/said.ts';
import { sourced } from './describe/sources.ts';
import { stateWords } from './describe/state.ts';
import { partsOf } from './describe/strategies.ts';
import { healthOf } from './health.ts';
import type { Levels } from './levels.ts';

type Line = readonly [name: string, words: string];
type Sources = ReadonlyMap<string, string>;

/**
 * What a client does with calls to an origin, as one would say it: its strategies, outermost first, with their figures and
 * who has set them, and how it stands with the origin now. Nothing is remembered of an origin that is only asked about.
 *
 * @param at an origin, given as a URL of it; where it is not given, that of the base URL, or any.
 */
export function describe(
  at: string | URL | undefined,
  name: string,
  levels: Levels,
  origins: PerOrigin<OriginState>,
): string {
  const [base] = [levels.last('baseUrl') ?? []].flat();
  const home = typeof base === 'object' ? base.url : base;
  const given = at ?? home;
  const url = given === undefined ? undefined : new URL(given);
  const { policy, sources } = sourced(levels.layersOf(url));
  const parts = [...partsOf(policy, placesOf(levels)), ...clientParts(levels)];
  const place = at === undefined ? home && placeOf(home) : url?.origin;
  const state = url && origins.peek(url.origin);
  const known = state ? stateWords(healthOf(state, policy), policy) : 'not called yet';
  const lines: Line[] = [
    ...parts.flatMap((part): Line[] => {
      return part.words === false ? [] : [[part.name, part.words + sourceOf(part, parts, sources)]];
    }),
    ['off', offWords(parts, sources)],
    ...(at === undefined ? hostLines(levels) : []),
    ...(url ? [['now', known] as const] : []),
  ];
  const width = Math.max(...lines.map(([name]) => name.length));
  const table = lines.map(([name, words]) => `  ${name.padEnd(width)}  ${words}`);
  return [`${name} → ${place ?? 'any host'}`, ...table].join('\n');
}

function offWords(parts: readonly Part[], sources: Sources): string {
  const off = parts.filter(({ words }) => words === false);
  return off.map((part) => part.name + sourceOf(part, parts, sources)).join(', ') || 'nothing';
}

/** Who has set what of a part, where it is not as it comes; nothing where all of it is. */
function sourceOf(part: Part, parts: readonly Part[], sources: Sources): string {
  const own = [...sources].filter(([option]) => ownerOf(option, parts) === part);
  const bySource = Map.groupBy(own, ([, from]) => from);
  const told = [...bySource].map(([from, options]) => {
    return `${from}: ${options.map(([option]) => option).join(', ')}`;
  });
  return told.length > 0 ? ` [${told.join('; ')}]` : '';
}

/** The part that an option belongs to: the one that names the most of it. */
function ownerOf(option: string, parts: readonly Part[]): Part | undefined {
  const lengthIn = ({ options }: Part) => {
    const named = options.filter((name) => `${option}.`.startsWith(`${name}.`));
    return Math.max(0, ...named.map(({ length }) => length));
  };
  const owner = parts.toSorted((one, other) => lengthIn(other) - lengthIn(one))[0];
  return owner && lengthIn(owner) > 0 ? owner : undefined;
}

function hostLines(levels: Levels): Line[] {
  const rules = levels.all('hosts').flatMap((hosts) => Object.entries(hosts));
  return rules.map(([pattern, rule]) => ['host', `${pattern}: ${said(rule)}`]);
}
