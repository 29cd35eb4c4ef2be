import { run, runWithin } from './command.ts';

/** Where the server is; the client is at .1. */
export const serverAddress = '10.77.0.2';

/** Which side of the link: that of the client, or that of the server. */
export type Side = 'client' | 'server';

/** A link between the networks of two processes. It needs no end: it is gone with either of the two. */
export class Link {
  readonly #pids: Readonly<Record<Side, number>>;

  constructor(client: number, server: number) {
    this.#pids = { client, server };
    const [one, other] = [`${client}`, `${server}`];
    const peer = ['type', 'veth', 'peer', 'name', 'server', 'netns', other];
    run('ip', 'link', 'add', 'client', 'netns', one, ...peer);
    for (const [side, address] of Object.entries({ client: '10.77.0.1', server: serverAddress })) {
      this.run(side as Side, 'ip', 'address', 'add', `${address}/24`, 'dev', side);
      this.run(side as Side, 'ip', 'link', 'set', side, 'up');
    }
  }

  /** Runs a program in the network of one side. */
  run(side: Side, name: string, ...given: readonly string[]): void {
    runWithin(this.#pids[side], name, ...given);
  }
}
