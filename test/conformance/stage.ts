import { type Plain, plain } from './observation.ts';
import { type Answer, type Place, Server } from './server.ts';

/** What is played on it with one fetch, and once more with another. Gives what the caller saw. */
export type Play = (stage: Stage) => Promise<unknown>;

/** The ways in which a fetch is used, by what is special about them. */
export interface Area {
  readonly name: string;
  readonly cases: Readonly<Record<string, Play>>;
}

/** Where a scenario is played: a fetch, and servers that are there for this one time. */
export class Stage implements AsyncDisposable {
  readonly fetch: typeof globalThis.fetch;
  readonly #servers: Server[] = [];
  readonly #ports: number[] = [];
  #callerOnly = false;

  constructor(fetch: typeof globalThis.fetch) {
    this.fetch = fetch;
  }

  async serve(...answers: Answer[]): Promise<Server> {
    return this.serveAt({}, ...answers);
  }

  async serveAt(place: Place, ...answers: Answer[]): Promise<Server> {
    const server = await Server.open(answers, place);
    this.#servers.push(server);
    this.#ports.push(server.port);
    return server;
  }

  /** Has a port that nobody serves told apart from others by no more than its place. */
  names(port: number): void {
    this.#ports.push(port);
  }

  /**
   * Leaves out what the servers saw: how often they were asked is the client's to decide where a retry is due, and is a
   * matter of microseconds where a call is aborted on its way.
   */
  callerOnly(): void {
    this.#callerOnly = true;
  }

  /** What there is to compare. Ports and boundaries are drawn anew each time, so they are named by their place. */
  seen(caller: unknown): Plain {
    const servers = this.#callerOnly ? [] : this.#servers.map((server) => server.seen());
    return named(plain({ caller, servers }), (text) =>
      this.#ports
        .reduce((named, port, index) => named.replaceAll(`:${port}`, `:{port ${index}}`), text)
        .replace(/----formdata-undici-0\d{11}/g, '{boundary}'),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server[Symbol.asyncDispose]()));
  }
}

/** Plays a scenario with a fetch. */
export async function observe(play: Play, fetch: typeof globalThis.fetch): Promise<Plain> {
  await using stage = new Stage(fetch);
  return stage.seen(await play(stage));
}

function named(value: Plain, name: (text: string) => string): Plain {
  if (typeof value === 'string') return name(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => named(item, name));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, named(item, name)]));
}
