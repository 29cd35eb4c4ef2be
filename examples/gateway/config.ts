import { readFileSync } from 'node:fs';
import { type ClientOptions, checkOptions, OptionsError } from 'resilient-fetch';
import * as v from 'valibot';

/** The three services behind this one. */
export const upstreamNames = ['catalogue', 'pricing', 'recommendations'] as const;
export type UpstreamName = (typeof upstreamNames)[number];

const counted = (minimum: number, maximum: number, text: string) =>
  v.pipe(v.number(text), v.integer(text), v.minValue(minimum, text), v.maxValue(maximum, text));
const port = counted(0, 65_535, 'a port from 0 to 65535');
const milliseconds = counted(1, 600_000, 'milliseconds from 1 to 600000');

const upstream = v.strictObject(
  {
    /** Whether the service is unready while the circuit of this upstream is open. */
    required: v.boolean('a boolean'),
    /** What is asked, to learn whether it is back, while its circuit is half-open. */
    probe: v.string('a path'),
    /** The options of its client, as `createClient` takes them. */
    client: v.looseObject({ baseUrl: v.unknown() }, 'an object with a baseUrl'),
  },
  'an object',
);

const schema = v.strictObject(
  {
    /** Where everybody, and where only operators are answered. */
    host: v.string('a host'),
    port,
    adminPort: port,
    /** For a whole answer, whatever it takes upstream. */
    deadline: milliseconds,
    drain: v.strictObject(
      {
        /** How long `/ready` says 503 while requests are still taken, so that balancers see it first. */
        notice: counted(0, 600_000, 'milliseconds from 0 to 600000'),
        /** How long the requests under way then get. */
        bound: milliseconds,
      },
      'an object',
    ),
    upstreams: v.strictObject(
      { catalogue: upstream, pricing: upstream, recommendations: upstream },
      'an object',
    ),
  },
  'an object',
);

export interface Upstream {
  readonly required: boolean;
  readonly probe: string;
  readonly client: ClientOptions;
}

export interface Config extends Omit<v.InferOutput<typeof schema>, 'upstreams'> {
  readonly upstreams: Readonly<Record<UpstreamName, Upstream>>;
}

/** A configuration that is not taken, with all that is wrong in it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`the configuration has ${faults.length} faults:\n${faults.join('\n')}`);
    this.faults = faults;
  }
}

/** @throws ConfigError */
export function readConfig(path: string): Config {
  return checkConfig(readFileSync(path, 'utf8'));
}

/**
 * The service's own keys are checked here, each client's options by the library that takes them. All faults are told at
 * once: who has to fix a file wants to fix it once.
 *
 * @throws ConfigError
 */
export function checkConfig(text: string): Config {
  const given = parsed(text);
  const { typed, output, issues = [] } = v.safeParse(schema, given);
  const faults = issues.map((issue) => {
    return `${v.getDotPath(issue) ?? 'configuration'}: expected ${expectedBy(issue)}`;
  });
  for (const name of upstreamNames) {
    const client = (given as Partial<Config> | null)?.upstreams?.[name]?.client;
    if (client) faults.push(...faultsOf(name, () => checkOptions(client)));
  }
  if (faults.length > 0 || !typed) throw new ConfigError(faults);
  return output as Config;
}

/** What the library finds wrong with the options of a client, each fault with its place in the file. */
export function faultsOf(name: UpstreamName, apply: () => void): string[] {
  try {
    apply();
    return [];
  } catch (error) {
    if (!(error instanceof OptionsError)) throw error;
    return error.message.split('\n').map((fault) => `upstreams.${name}.client.${fault}`);
  }
}

/** The message of `JSON.parse` quotes the text, which may be a secret: only the place is told. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const [place = 'somewhere'] = /position \d+|end of JSON/.exec(String(error)) ?? [];
    throw new ConfigError([`configuration: expected JSON, and it is not at ${place}`]);
  }
}

function expectedBy({ kind, type, expected, message }: v.BaseIssue<unknown>): string {
  if (kind === 'schema' && type === 'strict_object' && expected === 'never') return 'no such key';
  return message;
}
