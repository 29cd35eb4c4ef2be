import { isDeepStrictEqual } from 'node:util';
import { OptionsError } from './core/errors.ts';
import { type HostRules, hostRules } from './hosts.ts';
import {
  type CallOptions,
  type ClientOptions,
  checkClientOptions,
  type HostOptions,
} from './options.ts';
import { defaults, overlay, type Policy } from './policy.ts';

/** What a client is made of and can't be given anew while calls run. */
const fixed = ['name', 'pool', 'telemetry', 'maxOrigins', 'random'] as const;

/** What one place says of a host, and which place that is. */
export interface Layer {
  readonly from: string;
  readonly options: CallOptions;
}

/** One level of options: a client's own, or those it was extended with. */
interface Level {
  options: ClientOptions;
  hosts: HostRules<HostOptions>;
}

/**
 * The options of a client: those it inherits, outermost first, and its own, the last level. A level that is changed while
 * calls run is changed for all that extend it, so whoever derives something from the options asks `revision` whether it
 * still holds.
 */
export class Levels {
  readonly #levels: readonly Level[];
  readonly #own: Level;
  /** Of a whole family: rises when any level of it is changed. */
  readonly #family: { revision: number };

  /** @throws OptionsError */
  constructor(given: ClientOptions, parent?: Levels) {
    this.#own = levelOf(given);
    if (parent && this.#own.options.maxOrigins !== undefined) {
      throw new OptionsError('maxOrigins: expected nothing here: the state of origins is shared');
    }
    this.#levels = [...(parent ? parent.#levels : []), this.#own];
    this.#family = parent ? parent.#family : { revision: 0 };
  }

  get own(): ClientOptions {
    return this.#own.options;
  }

  get revision(): number {
    return this.#family.revision;
  }

  /**
   * Puts new options in the place of those of the same names; the others stay, and one that is given as `undefined` goes
   * back to what it was without. Nothing is changed where one of them is wrong.
   *
   * @throws OptionsError
   */
  change(given: ClientOptions): void {
    const { options } = this.#own;
    const next = checkClientOptions(given);
    const wrong = fixed.filter((name) => {
      return Object.hasOwn(next, name) && !isDeepStrictEqual(next[name], options[name]);
    });
    if (wrong.length > 0) {
      const faults = wrong.map((name) => `${name}: expected what it was: it can't be changed`);
      throw new OptionsError(faults.join('\n'));
    }
    Object.assign(this.#own, levelOf({ ...options, ...next }));
    this.#family.revision++;
  }

  /** Whether anything is said of some hosts alone. */
  get hasHostRules(): boolean {
    return this.#levels.some(({ hosts }) => hosts.size > 0);
  }

  /** What the innermost level says that says anything. */
  last<Name extends keyof ClientOptions>(name: Name): ClientOptions[Name] {
    return this.#levels.findLast(({ options }) => options[name] !== undefined)?.options[name];
  }

  /** What all levels say, outermost first. */
  all<Name extends keyof ClientOptions>(name: Name): NonNullable<ClientOptions[Name]>[] {
    return this.#levels
      .map(({ options }) => options[name])
      .filter((value) => value !== undefined && value !== null);
  }

  /** The levels' own options, then their rules for the host, each from the outermost level to the last. */
  policyOf(url: URL): Policy {
    return this.policies()(url);
  }

  /** What is said of a host, or of any host, from what stands under everything to what stands over it. */
  layersOf(url: URL | undefined): Layer[] {
    const own = this.#levels.map((level) => ({
      from: this.#nameOf(level),
      options: level.options,
    }));
    const rules = this.#levels.flatMap(({ options, hosts }): Layer[] => {
      const rule = url && hosts.of(url);
      const pattern = Object.entries(options.hosts ?? {}).find(([, value]) => value === rule)?.[0];
      return rule ? [{ from: `hosts ${pattern}`, options: rule }] : [];
    });
    return [...own, ...rules];
  }

  #nameOf(level: Level): string {
    return level === this.#own ? 'client' : 'inherited';
  }

  /**
   * The same by the options of this moment, whatever is changed later: for calls that are under way by then. Two origins
   * of which the same is said have the very same policy.
   */
  policies(): (url: URL) => Policy {
    const levels = this.#levels.map((level) => ({ ...level }));
    const common = levels.map(({ options }) => options).reduce<Policy>(overlay, defaults);
    const overlaid = overlayOnce();
    return (url) => {
      const rules = levels.map(({ hosts }) => hosts.of(url)).filter((rule) => rule !== undefined);
      return rules.reduce<Policy>(overlaid, common);
    };
  }
}

/** `overlay` that gives the same for the same, so that all origins under the same rules share one policy. */
function overlayOnce(): typeof overlay {
  const known = new Map<Policy, Map<CallOptions, Policy>>();
  return (below, over) => {
    const overs = known.get(below) ?? new Map<CallOptions, Policy>();
    const policy = overs.get(over) ?? overlay(below, over);
    known.set(below, overs.set(over, policy));
    return policy;
  };
}

/**
 * Checks options as `createClient` does, and makes nothing of them: for a file of options that is to be known good as a
 * whole before any part of it is applied, or before it is shipped.
 *
 * @returns the options, now known to be some.
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export function checkOptions(options: unknown): ClientOptions {
  return levelOf(options).options;
}

function levelOf(given: unknown): Level {
  const options = checkClientOptions(given);
  return { options, hosts: hostRules(options.hosts ?? {}) };
}
