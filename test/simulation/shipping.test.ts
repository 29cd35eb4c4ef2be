import { createClient } from 'resilient-fetch';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
  answered,
  type Ending,
  timedOut,
  unavailable,
  unreachable,
} from '../../bench/simulate/engine/outcomes.ts';
import { Simulation } from '../../bench/simulate/engine/simulation.ts';
import { makeCall } from '../../bench/simulate/scale/run.ts';
import { shipping } from '../../bench/simulate/scale/shipping.ts';
import { pass, useFakeClock } from '../support/clock.ts';
import { hang, script } from '../support/script.ts';
import { seeded } from '../support/seeded.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const calls = 400;
const between = 317;
const travel = 7;

/** What one server says in some minutes, request by request: well, then more ill than well for 100 of them, then well again. */
function answers(seed: number): Ending[] {
  const random = seeded(seed);
  const bad = [unavailable(), unavailable(2), unreachable, timedOut];
  return Array.from({ length: 1_000 }, (_, index) => {
    const share = index < 40 || index > 140 ? 0.1 : 0.6;
    return random() < share ? (bad[Math.floor(4 * random())] ?? answered) : answered;
  });
}

/** When the shipping client sends its requests. */
async function shipped(seed: number): Promise<number[]> {
  const given = answers(seed);
  const fetch = script((_, init) => {
    const ending = given[fetch.requests.length - 1] ?? answered;
    if (ending.kind === 'timed out') return hang(_, init);
    return new Promise((resolve, reject) => {
      const { response, error } = ending.outcome;
      setTimeout(() => (response ? resolve(response.clone()) : reject(error)), travel);
    });
  });
  const client = createClient({ fetch, random: seeded(seed) });
  const start = performance.now();
  for (let call = 0; call < calls; call++) {
    client('http://service.test/').catch(() => {});
    await pass(between);
  }
  await pass(60_000);
  await client.close();
  return fetch.requests.map(({ at }) => Math.round(at - start));
}

/** When the simulated one does. */
function simulated(seed: number): number[] {
  const given = answers(seed);
  const simulation = new Simulation(0);
  const client = shipping.client(seeded(seed));
  const sent: number[] = [];
  const world = {
    simulation,
    send(timeout: number, done: (ending: Ending) => void) {
      const ending = given[sent.length - 1] ?? answered;
      simulation.after(ending === timedOut ? timeout : travel, () => done(ending));
    },
    sent: (now: number) => sent.push(now),
    succeeded() {},
  };
  for (let call = 0; call < calls; call++) {
    simulation.after(call * between, () => makeCall(client, shipping, world));
  }
  simulation.run(600_000);
  return sent;
}

test.each([1, 2, 3, 4, 5])(
  'the simulated client sends its requests at the instants at which the shipping one does, to 1 ms: seed %d',
  async (seed) => {
    const expected = await shipped(seed);
    expect(expected.length).toBeGreaterThan(100);
    expect(simulated(seed)).toEqual(expected);
  },
);
