import type { Decision, OriginPicture, Picture } from '../../src/dashboard/feed.ts';
import { seeded } from '../support/seeded.ts';

/** How one second of one origin goes. */
export interface Second {
  readonly circuit: OriginPicture['circuit'];
  readonly succeeded: number;
  readonly failed: number;
  readonly refused: number;
  readonly retries: number;
  readonly hedges: number;
  readonly p50: number | null;
  readonly tokens: number;
  readonly inUse: number;
  readonly queued: number;
}

/** What happens at an origin, second by second, given some luck between 0 and 1. */
export type Story = (second: number, luck: number) => Partial<Second>;

export interface Part {
  readonly client: string;
  readonly origin: string;
  readonly story: Story;
  readonly now?: Partial<OriginPicture>;
}

const quiet: Second = {
  ...{ circuit: 'closed', succeeded: 0, failed: 0, refused: 0, retries: 0, hedges: 0 },
  ...{ p50: null, tokens: 10, inUse: 0, queued: 0 },
} as const;

/** When every scene ends, so that two runs draw the same. */
export const sceneEnd = Date.UTC(2030, 4, 12, 9, 41, 7);

/** The picture that a server would send after so many seconds of the parts' stories. */
export function pictureOf(parts: readonly Part[], seconds: number, length = 180): Picture {
  const at = sceneEnd + seconds * 1_000;
  return {
    ...{ at, bucket: 1_000, controls: false, decisions: [] as Decision[] },
    origins: parts.map((part, index) => originOf(part, seconds, length, index + 1)),
  };
}

function originOf(part: Part, end: number, length: number, seed: number): OriginPicture {
  const { client, origin, story, now } = part;
  const random = seeded(seed);
  const all = Array.from({ length: Math.max(length, end) }, (_, index) => {
    const second = end > length ? index : index - length + end;
    return { ...quiet, ...story(second, random()) };
  }).slice(-length);
  const last = all.at(-1) ?? quiet;
  const list = <Key extends keyof Second>(key: Key) => all.map((second) => second[key]);
  const answered = (factor: number) =>
    all.map(({ p50 }, index) =>
      p50 === null ? null : p50 * factor * (1 + 0.3 * random() + (index % 7 === 0 ? 0.4 : 0)),
    );
  return {
    ...{
      client,
      origin,
      circuit: last.circuit,
      retryAfter: last.circuit === 'isolated' ? null : last.circuit === 'open' ? 4_200 : 0,
    },
    ...{ inFlight: Math.round(last.succeeded / 4), cooldown: 0, throttle: null, hedgeAfter: null },
    budget: { tokens: last.tokens, capacity: 10 },
    slots: null,
    series: {
      calls: all.map(({ succeeded, failed, refused }) => succeeded + failed + refused),
      ...{ succeeded: list('succeeded'), refused: list('refused') },
      attempts: all.map(
        ({ succeeded, failed, retries, hedges }) => succeeded + failed + retries + hedges,
      ),
      ...{
        retries: list('retries'),
        hedges: list('hedges'),
        p50: answered(1),
        p95: answered(2.4),
        p99: answered(5),
      },
      tokens: list('tokens'),
      ...{ inUse: all.map(() => null), limit: all.map(() => null), queued: all.map(() => null) },
      circuit: list('circuit'),
    },
    ...now,
  };
}

/** Steady traffic that goes well, but for a failure now and then. */
export function calm(rate: number, p50 = 20): Story {
  return (second, luck) => {
    const succeeded = Math.round(rate * (0.85 + 0.3 * luck) * (1 + 0.15 * Math.sin(second / 17)));
    const retries = luck > 0.93 ? 1 : 0;
    return {
      succeeded,
      retries,
      hedges: luck < 0.02 * Math.min(1, rate / 20) ? 1 : 0,
      p50: p50 * (0.9 + 0.2 * luck),
      tokens: 10 - retries,
    };
  };
}

/** Steady traffic to an origin that dies at one second, and comes back at another, if it does. */
export function outage(rate: number, from: number, to = Number.POSITIVE_INFINITY): Story {
  const well = calm(rate, 45);
  return (second, luck) => {
    const age = second - from;
    if (age < 0 || second >= to + 2) {
      const tokens = Math.min(10, second < from ? 10 : (second - to) / 4);
      return { ...well(second, luck), tokens };
    }
    const all = Math.round(rate * (0.85 + 0.3 * luck));
    if (age < 3)
      return { failed: all, retries: Math.round(all * 0.4), p50: 400, tokens: 10 - age * 4 };
    if (second >= to)
      return { circuit: 'half-open', succeeded: 1, refused: all - 1, p50: 50, tokens: 0 };
    const probing = (age - 3) % 12 === 11;
    return {
      circuit: probing ? 'half-open' : 'open',
      failed: probing ? 1 : 0,
      refused: probing ? all - 1 : all,
      p50: probing ? 400 : null,
      tokens: 0.4,
    };
  };
}
