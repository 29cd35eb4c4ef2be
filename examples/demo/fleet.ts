import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Counts, Course, Message, Order, Upstream } from './upstreams.ts';

/** The process of the upstreams, as the demo sees it. */
export interface Fleet {
  readonly upstreams: readonly Upstream[];
  /** From now on the seconds count. */
  begin(): void;
  counts(): Promise<Counts>;
  stop(): void;
}

export async function startFleet(seed: number, course: Course): Promise<Fleet> {
  const child = fork(join(import.meta.dirname, 'upstreams.ts'), [String(seed), course]);
  const order = (text: Order) => child.send(text);
  const reply = async () => (await once(child, 'message'))[0] as Message;

  const ready = await reply();
  return {
    upstreams: 'upstreams' in ready ? ready.upstreams : [],
    begin: () => order('begin'),
    async counts() {
      order('count');
      const message = await reply();
      return 'counts' in message ? message.counts : {};
    },
    stop: () => child.disconnect(),
  };
}
