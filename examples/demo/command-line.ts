import { parseArgs } from 'node:util';

export const help = `npm start
    sends the same traffic to four misbehaving upstreams on this machine, through
    plain fetch and through a resilient-fetch client at once (about 20 s)
      --seed <number>    another course of the same misbehaviour   (1)

npm start -- --serve
    keeps the traffic and the live dashboard up until Ctrl-C, while one upstream
    after the other falls ill and gets well again

npm start -- <url>
    sends GETs to an endpoint of yours instead, so many through each of the two
      -n <requests>      1 to 10,000                               (100)
      -c <concurrency>   1 to 200, each side for itself            (10)

      --port <number>    where the live dashboard is shown         (a free one)
      --help             this text`;

/** What was asked for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'demo'; readonly seed: number; readonly port: number }
  | { readonly kind: 'serve'; readonly seed: number; readonly port: number }
  | Comparison;

/** So many requests, so many at a time, to somebody's own endpoint. */
export interface Comparison {
  readonly kind: 'compare';
  readonly url: URL;
  readonly n: number;
  readonly c: number;
  readonly port: number;
}

/** A command line that can't be followed. Its message is for whoever typed it. */
export class CommandLineError extends Error {}

export function readCommandLine(given: readonly string[]): Command {
  const { values, positionals } = parse(given);
  const [text, ...others] = positionals;
  if (values.help) return { kind: 'help' };
  const port = values.port === undefined ? 0 : integer('--port', values.port, 65_535);
  if (others.length > 0) throw new CommandLineError(`expected one URL, got ${positionals.length}`);
  if (text === undefined) {
    if (values.n !== undefined || values.c !== undefined) {
      throw new CommandLineError('-n and -c need a URL: npm start -- <url> -n 100');
    }
    const seed = integer('--seed', values.seed ?? '1', 2 ** 31 - 1);
    return { kind: values.serve ? 'serve' : 'demo', seed, port };
  }
  if (values.serve)
    throw new CommandLineError('--serve brings its own upstreams, and needs no URL');
  if (values.seed !== undefined) {
    throw new CommandLineError('--seed is for the upstreams of the demo, and needs no URL');
  }
  return {
    kind: 'compare',
    url: httpUrl(text),
    n: integer('-n', values.n ?? '100', 10_000),
    c: integer('-c', values.c ?? '10', 200),
    port,
  };
}

function parse(given: readonly string[]) {
  try {
    return parseArgs({
      args: [...given],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        seed: { type: 'string' },
        serve: { type: 'boolean' },
        port: { type: 'string' },
        n: { type: 'string', short: 'n' },
        c: { type: 'string', short: 'c' },
      },
    });
  } catch (error) {
    const [sentence] = (error as Error).message.split('. ');
    throw new CommandLineError(sentence);
  }
}

function httpUrl(text: string): URL {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new CommandLineError(
      `expected an http or https URL such as http://127.0.0.1:3000/, got ${JSON.stringify(text)}`,
    );
  }
  if (url.username || url.password) {
    throw new CommandLineError('fetch takes no URL with a user name or a password in it');
  }
  return url;
}

function integer(flag: string, text: string, most: number): number {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 1 && number <= most) return number;
  throw new CommandLineError(
    `${flag}: expected an integer from 1 to ${most.toLocaleString('en')}, got ${JSON.stringify(text)}`,
  );
}
