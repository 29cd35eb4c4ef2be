import { exactly, streamed, whole } from './checks.ts';
import type { Calls, Client } from './client.ts';
import { heldBySlowReaders, heldInFlight } from './held.ts';
import { type Figures, load, sample } from './load.ts';
import { references } from './names.ts';
import type { Column } from './row.ts';
import type { Sizes, WarmUp } from './sizes.ts';

const cpu: Column = {
  key: 'cpu',
  head: 'CPU µs',
  digits: 1,
  better: 'less',
  against: references,
};
const perSecond: Column = {
  key: 'perSecond',
  head: 'calls/s',
  digits: 0,
  better: 'more',
  against: ['undici.fetch'],
};
const delay: Column = { key: 'delay', head: 'event loop p99, ms', digits: 1 };
const held: Column = { key: 'held', head: 'KiB held', digits: 1, against: references };

/** The wait before each retry where there are any: short, and the same for all. */
const wait = 1;

/** One thing that a server is asked for. */
export interface Request {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly columns: readonly Column[];
  /** For those alone that have this, and the references. */
  readonly needs?: 'retry';
  /** For clients stripped of their policies, too. */
  readonly withBare?: true;
  readonly wait?: number;
  /** Where less than for others will do, as a call is many. */
  readonly warmUp?: Partial<WarmUp>;
  measure(calls: Calls, url: string, sizes: Sizes, client: Client): Promise<Figures>;
}

/** What is asked of the server. */
export const requests: readonly Request[] = [
  {
    id: 'json',
    title: 'Small JSON, 64 and 1 in flight',
    about:
      'A GET of 53 bytes, parsed, by 64 at once; then in the same process, so with the same code compiled, one after the other.',
    columns: [
      cpu,
      perSecond,
      delay,
      { ...cpu, key: 'cpuOfOne', head: '1 in flight: CPU µs' },
      { ...perSecond, key: 'perSecondOfOne', head: '1 in flight: calls/s' },
    ],
    withBare: true,
    async measure(calls, url, sizes) {
      const send = async () => whole(await calls.json(`${url}json`));
      const many = await load(send, 64, sizes);
      const { cpu, perSecond } = await sample(send, 1, sizes.length);
      return { ...many, cpuOfOne: cpu, perSecondOfOne: perSecond };
    },
  },
  {
    id: 'middle',
    title: 'Bodies of 64 KiB, 16 in flight',
    about: 'Read as a whole.',
    columns: [cpu, perSecond],
    warmUp: { calls: 5_000 },
    measure: (calls, url, sizes) =>
      load(async () => exactly(64 * 2 ** 10, await calls.bytes(`${url}middle`)), 16, sizes),
  },
  {
    id: 'large',
    title: 'Bodies of 10 MiB, 2 in flight',
    about:
      'Read as they come. Then what the process holds for each body of which a first piece was read and no more is asked for.',
    columns: [cpu, perSecond, held],
    warmUp: { milliseconds: 600 },
    async measure(calls, url, sizes) {
      const figures = await load(
        async () => exactly(10 * 2 ** 20, await streamed(await calls.stream(`${url}large`))),
        2,
        sizes,
      );
      return { ...figures, ...(await heldBySlowReaders(calls, `${url}large`)) };
    },
  },
  {
    id: 'post',
    title: 'POST of JSON, 64 in flight',
    about: 'What is sent comes back, and is parsed.',
    columns: [cpu, perSecond],
    measure(calls, url, sizes) {
      const value = { id: 1, name: 'a small order', lines: [{ item: 17, count: 2 }] };
      return load(async () => whole(await calls.post(`${url}echo`, value)), 64, sizes);
    },
  },
  {
    id: 'some',
    title: '10 % answered 503, 64 in flight',
    about: `Small JSON again; every tenth call is answered 503 at first. Those with retries try again after ${wait} ms, the references do not.`,
    columns: [cpu, perSecond, delay],
    needs: 'retry',
    wait,
    measure(calls, url, sizes, { policies }) {
      const check = policies.includes('retry') ? whole : () => {};
      let call = 0;
      const one = async () => check(await calls.json(`${url}some/${process.pid}-${call++}`));
      return load(one, 64, sizes);
    },
  },
  {
    id: 'down',
    title: 'Every call failing, 64 in flight',
    about: `Every answer is 503; a retry waits for ${wait} ms. Where there is a breaker, it is open: a refused call.`,
    columns: [cpu, perSecond],
    warmUp: { milliseconds: 1_500 },
    needs: 'retry',
    wait,
    measure: (calls, url, sizes) => load(() => calls.json(`${url}down`).catch(() => {}), 64, sizes),
  },
  {
    id: 'held',
    title: 'Calls in flight',
    about:
      'What the process holds for each of 2,000 calls to a server that says nothing, connection included.',
    columns: [{ ...held, better: 'less' }],
    measure: (calls, url, { held }) => heldInFlight(calls, url, held),
  },
];
