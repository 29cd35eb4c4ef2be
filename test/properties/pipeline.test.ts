import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { pass, useFakeClock } from '../support/clock.ts';
import { gone, type Journal, type Play, perform, plays, type Told } from './play.ts';
import { tries } from './tries.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

/** Tries that a property holds for every play. What it gives back is how often it had something to hold. */
async function always(
  numRuns: number,
  property: (journal: Journal) => number | Promise<number>,
  given: fc.Arbitrary<Play> = plays,
): Promise<number> {
  let times = 0;
  const tried = fc.asyncProperty(given, async (play) => {
    times += await property(await perform(play));
  });
  const cleared = tried.beforeEach(() => {
    vi.clearAllTimers();
  });
  await fc.assert(cleared, tries(numRuns));
  return times;
}

/** Plays at one place, whose circuit is quick to open: nothing insists on going where it may not. */
const broken = plays.map(
  (play): Play => ({
    ...play,
    scenario: { ...play.scenario, places: 1, circuit: 'quick' },
  }),
);

/** Plays in which nearly every answer asks for a wait, and there is time for it. */
const asking = plays.map((play): Play => {
  const { answers, maxRetries } = play.scenario;
  const insistent = answers.map((one) => ({ ...one, retryAfter: one.retryAfter ?? 60 }));
  const scenario = { ...play.scenario, answers: insistent, total: 900, capacity: 3 };
  return { ...play, scenario: { ...scenario, maxRetries: Math.max(2, maxRetries) } };
});

const isTransition = ({ name, event }: Told, origin: string) =>
  event.origin === origin &&
  ['circuit.opened', 'circuit.closed', 'circuit.isolated'].includes(name);

describe('circuits', () => {
  it('let out no more than `probes` at once while they are half-open, in 400 plays', async () => {
    const probed = await always(
      400,
      ({ play, told, sent }) => {
        const { total, attempt } = play.scenario;
        const lease = Math.min(total, attempt);
        let times = 0;
        for (const begun of told.filter(({ name }) => name === 'circuit.halfOpened')) {
          const { origin } = begun.event;
          const over = told.find((one) => one.order > begun.order && isTransition(one, origin));
          const probes = sent.filter(
            ({ order }) => order > begun.order && order < (over?.order ?? Number.POSITIVE_INFINITY),
          );
          times += probes.length;
          for (const { at, order } of probes) {
            const out = probes.filter(
              (one) => one.order <= order && (one.ended?.at ?? 1e9) > at && one.at + lease > at,
            );
            expect(out.length).toBeLessThanOrEqual(play.breaker.probes);
          }
        }
        return times;
      },
      broken,
    );
    expect(probed).toBeGreaterThan(100);
  });

  it('turn by nothing but the end of an attempt that began after their last turn, in 400 plays', async () => {
    const turned = await always(
      400,
      ({ told, sent }) => {
        const turns = told.filter(({ name, event }) => {
          return ['circuit.opened', 'circuit.closed'].includes(name) && event.reason !== 'manual';
        });
        for (const { order, at, name, event } of turns) {
          const before = told.findLast(
            (one) => one.order < order && isTransition(one, event.origin),
          );
          const deciding = sent.filter(({ ended, ...one }) => {
            if (one.order < (before?.order ?? 0) || one.order > order) return false;
            if (one.origin !== event.origin || ended?.at !== at || ended.what === gone)
              return false;
            return (
              (typeof ended.what === 'number' && ended.what < 500) === (name === 'circuit.closed')
            );
          });
          expect(deciding.length, `${name} at ${at}`).toBeGreaterThan(0);
        }
        return turns.length;
      },
      broken,
    );
    expect(turned).toBeGreaterThan(200);
  });
});

describe('waits', () => {
  it('are within the bounds of the backoff, and no retry leaves before its wait is over, in 400 plays', async () => {
    const waits = await always(400, ({ play, told }) => {
      const { backoff } = play;
      const scheduled = told.filter(({ name }) => name === 'retry.scheduled');
      for (const { order, at, event } of scheduled) {
        const { id, attempt, delay, source } = event as unknown as {
          readonly [key in 'attempt' | 'delay']: number;
        } & { readonly id: string; readonly source: string };
        const next = told.find(
          (one) =>
            one.order > order &&
            one.name === 'attempt.started' &&
            one.event.id === id &&
            !one.event.hedge,
        );
        if (next) expect(next.at).toBeGreaterThanOrEqual(at + delay);
        if (source !== 'backoff') continue;
        const [least, most] = boundsOf(backoff, attempt - 1);
        expect(delay).toBeGreaterThanOrEqual(least);
        expect(delay).toBeLessThanOrEqual(most);
      }
      return scheduled.length;
    });
    expect(waits).toBeGreaterThan(200);
  });

  it('are never shorter than a server asked of the call, in 400 plays', async () => {
    const asked = await always(
      400,
      ({ sent }) => {
        const asking = sent.filter(({ ended }) => (ended?.retryAfter ?? 0) > 0);
        let times = 0;
        for (const { call, origin, ended } of asking) {
          if (!ended || ![429, 500, 503].includes(Number(ended.what))) continue;
          const later = sent.filter(
            (one) => one.call === call && one.origin === origin && one.at >= ended.at,
          );
          for (const { at } of later) {
            expect(at).toBeGreaterThanOrEqual(ended.at + ended.retryAfter);
            times++;
          }
        }
        return times;
      },
      asking,
    );
    expect(asked).toBeGreaterThan(50);
  });

  it('that a server asked of everybody are heeded by every call, in 400 plays', async () => {
    const cooling = plays.map(
      (play): Play => ({
        ...play,
        scenario: { ...play.scenario, cooling: true },
      }),
    );
    const asked = await always(
      400,
      ({ sent, told }) => {
        for (const { order, origin, ended } of sent) {
          if (!ended?.retryAfter || ![429, 503].includes(Number(ended.what))) continue;
          const later = sent.filter(
            (one) => one.order > order && one.origin === origin && one.at > ended.at,
          );
          for (const { at } of later)
            expect(at).toBeGreaterThanOrEqual(ended.at + ended.retryAfter);
        }
        return told.filter(({ name }) => name === 'call.held').length;
      },
      cooling,
    );
    expect(asked).toBeGreaterThan(50);
  });
});

describe('a client that was closed', () => {
  it('leaves no timer, listener, slot or call behind, whenever that was, in 400 plays', async () => {
    const closedEarly = await always(
      400,
      async ({ play, client, signals, sent, told, unhandled }) => {
        const { inFlight, origins } = client.health();
        const states = Object.values(origins);
        expect(inFlight).toBe(0);
        for (const { inFlight: here, concurrency } of states) {
          expect([here, concurrency?.inUse ?? 0, concurrency?.queued ?? 0]).toEqual([0, 0, 0]);
        }
        expect(sent.filter(({ ended }) => !ended)).toEqual([]);
        for (const [begin, end] of [
          ['call.started', 'call.ended'],
          ['attempt.started', 'attempt.ended'],
        ]) {
          const times = (wanted = '') => told.filter(({ name }) => name === wanted).length;
          expect(times(end)).toBe(times(begin));
        }
        for (const signal of signals) expect(getEventListeners(signal, 'abort')).toEqual([]);
        expect(unhandled).toEqual([]);
        // callers who would have given up later are not the client's
        await pass(1_000);
        expect(vi.getTimerCount()).toBe(0);
        return play.closeAt < 2_000 ? 1 : 0;
      },
    );
    expect(closedEarly).toBeGreaterThan(50);
  });
});

/** The shortest and the longest wait that a backoff may come to. */
function boundsOf({ type, base, factor, cap, jitter }: Play['backoff'], retry: number) {
  if (jitter === 'decorrelated') return [Math.min(cap, base), cap] as const;
  const by = { exponential: factor ** retry, linear: retry + 1, constant: 1 }[type];
  const whole = Math.min(cap, base * by);
  return [{ full: 0, equal: whole / 2, none: whole }[jitter], whole] as const;
}
