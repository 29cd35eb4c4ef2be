import { Throttle, type ThrottleRule } from '../../../src/decisions/throttle.ts';
import { seeded } from '../../../src/testing/seeded.ts';

/** The rule of Site Reliability Engineering, chapter 21, with the cap that ours has. */
export const google: ThrottleRule = { k: 2, window: 120_000, maxRejection: 0.9 };

export interface Counts {
  readonly sent: number;
  readonly accepted: number;
}

/**
 * 20 clients with a throttle each, whose calls come evenly and are anybody's, and a server that takes so many a second and
 * rejects the rest.
 *
 * @returns what reached the server and what it took, second by second.
 */
export function throttled(
  rule: ThrottleRule,
  demand: number,
  capacity: (second: number) => number,
  seconds: number,
): Counts[] {
  const random = seeded(21);
  const clients = Array.from({ length: 20 }, () => new Throttle());
  return Array.from({ length: seconds }, (_, second) => {
    const counts = { sent: 0, accepted: 0 };
    for (let call = 0; call < demand; call++) {
      const now = (second + call / demand) * 1_000;
      const client = clients[Math.floor(random() * clients.length)] ?? new Throttle();
      const refused = random() < client.rejection(rule, now);
      const taken = !refused && counts.accepted < capacity(second);
      if (!refused) counts.sent++;
      if (taken) counts.accepted++;
      client.record(taken, now, rule);
    }
    return counts;
  });
}

/** A second, over the second half. */
export function settled(counts: readonly Counts[]) {
  const half = counts.slice(counts.length / 2);
  const mean = (of: (count: Counts) => number) =>
    half.reduce((sum, count) => sum + of(count), 0) / half.length;
  const [sent, accepted] = [mean((count) => count.sent), mean((count) => count.accepted)];
  return { sent, accepted, rejections: (sent - accepted) / accepted };
}
