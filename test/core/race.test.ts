import { setTimeout as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Context } from '../../src/core/context.ts';
import { CircuitOpenError, superseded } from '../../src/core/errors.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import type { Send } from '../../src/core/pipeline.ts';
import { Race } from '../../src/core/race.ts';
import { Stop } from '../../src/core/stop.ts';
import { networkError } from '../support/script.ts';
import { contextOf, outgoing } from './given.ts';

interface Sent {
  readonly context: Context;
  answer(response: Response): void;
  fail(error: unknown): void;
}

/** A race whose copies are answered by hand. `deaf`: they don't hear that they must stop. */
function racing({ deaf = false, stop = Stop.never.child() } = {}) {
  const sent: Sent[] = [];
  const over: Outcome[] = [];
  const winners: number[] = [];
  const next: Send = (_, context) =>
    new Promise((resolve, reject) => {
      sent.push({ context, answer: resolve, fail: reject });
      if (!deaf) context.stop.onAbort(() => reject(context.stop.reason));
    });
  const isGood = ({ response }: Outcome) => response?.ok ?? false;
  const context = contextOf({ stop });
  const race = new Race(outgoing(), context, isGood, (end, winner) => {
    over.push(end);
    winners.push(winner);
  });
  race.promise.catch(() => {});
  return { race, next, sent, over, winners, stop, context };
}

const answered = (status: number) => new Response('body', { status });
const isUnread = ({ bodyUsed }: Response) => !bodyUsed;
const quiet = () => turn(0);

describe('a race of 1', () => {
  test('gives its answer itself, good or bad, and its error itself', async () => {
    for (const status of [200, 503]) {
      const { race, next, sent, over } = racing();
      race.send(next);
      const response = answered(status);
      sent[0]?.answer(response);
      expect(await race.promise).toBe(response);
      expect(isUnread(response)).toBe(true);
      expect(over).toEqual([{ response }]);
    }
    const { race, next, sent } = racing();
    race.send(next);
    const error = networkError('ECONNRESET');
    sent[0]?.fail(error);
    await expect(race.promise).rejects.toBe(error);
  });

  test('gives what a strategy throws before there is 1 promise', async () => {
    const error = new TypeError('at once');
    const next: Send = () => {
      throw error;
    };
    const race = new Race(
      outgoing(),
      contextOf(),
      () => true,
      () => {},
    );
    race.send(next);
    await expect(race.promise).rejects.toBe(error);
  });
});

describe('a race of 2', () => {
  test('sends each with its number and a stop of its own, and all else alike', () => {
    const { race, next, sent, context } = racing();
    race.send(next);
    race.send(next);
    expect(sent.map(({ context: { hedge } }) => hedge)).toEqual([0, 1]);
    const stops = new Set([context.stop, ...sent.map(({ context: { stop } }) => stop)]);
    expect(stops.size).toBe(3);
    for (const { context: copy } of sent) {
      expect({ ...copy, hedge: 0, stop: context.stop }).toEqual(context);
    }
  });

  for (const [winner, loser] of [
    [0, 1],
    [1, 0],
  ] as const) {
    test(`is won by copy ${winner} where it is answered first, and copy ${loser} is superseded`, async () => {
      const { race, next, sent, over, winners } = racing();
      race.send(next);
      race.send(next);
      const response = answered(200);
      sent[winner]?.answer(response);
      expect(await race.promise).toBe(response);
      expect(sent[winner]?.context.stop.aborted).toBe(false);
      expect(sent[loser]?.context.stop.reason).toBe(superseded);
      expect(superseded.name).toBe('superseded');
      expect(over).toHaveLength(1);
      expect(winners).toEqual([winner]);
    });

    test(`throws the answer of copy ${loser} away where it comes all the same`, async () => {
      const { race, next, sent, over } = racing({ deaf: true });
      race.send(next);
      race.send(next);
      const [response, late] = [answered(200), answered(200)];
      sent[winner]?.answer(response);
      await race.promise;
      sent[loser]?.answer(late);
      await quiet();
      expect(isUnread(late)).toBe(false);
      expect(isUnread(response)).toBe(true);
      expect(over).toHaveLength(1);
    });

    for (const failure of [answered(503), networkError('ECONNRESET')]) {
      const what = failure instanceof Response ? '503' : 'ECONNRESET';
      test(`waits for copy ${winner} where copy ${loser} ends with ${what}`, async () => {
        const { race, next, sent, over } = racing();
        race.send(next);
        race.send(next);
        if (failure instanceof Response) sent[loser]?.answer(failure);
        else sent[loser]?.fail(failure);
        await quiet();
        expect(over).toEqual([]);
        const response = answered(200);
        sent[winner]?.answer(response);
        expect(await race.promise).toBe(response);
        expect(sent[loser]?.context.stop.aborted).toBe(false);
        if (failure instanceof Response) expect(isUnread(failure)).toBe(false);
      });
    }

    test(`gives the failure of copy ${loser} where both fail and that was first, and reads 0 of it`, async () => {
      const { race, next, sent } = racing();
      race.send(next);
      race.send(next);
      const [first, second] = [answered(503), answered(500)];
      sent[loser]?.answer(first);
      await quiet();
      sent[winner]?.answer(second);
      expect(await race.promise).toBe(first);
      expect(isUnread(first)).toBe(true);
      expect(isUnread(second)).toBe(false);
    });
  }

  test('gives an error of the first over a 503 of the second, and throws the 503 away', async () => {
    const { race, next, sent } = racing();
    race.send(next);
    race.send(next);
    const [error, late] = [networkError('ECONNRESET'), answered(503)];
    sent[0]?.fail(error);
    await quiet();
    sent[1]?.answer(late);
    await expect(race.promise).rejects.toBe(error);
    expect(isUnread(late)).toBe(false);
  });

  test('gives a refusal of one only where the other has nothing, whichever of the 2 it was', async () => {
    for (const [refused, other] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const { race, next, sent, over } = racing();
      race.send(next);
      race.send(next);
      sent[refused]?.fail(new CircuitOpenError(1, { origin: 'https://api.test', attempts: 1 }));
      await quiet();
      expect(over).toEqual([]);
      const failure = answered(503);
      sent[other]?.answer(failure);
      expect(await race.promise).toBe(failure);
    }
  });
});

describe('a race that is stopped', () => {
  test('ends both copies and gives the reason, at once', async () => {
    const { race, next, sent, stop } = racing();
    race.send(next);
    race.send(next);
    stop.abort('mine');
    await expect(race.promise).rejects.toBe('mine');
    expect(sent.map(({ context }) => context.stop.reason)).toEqual(['mine', 'mine']);
  });

  test('gives the reason and not a 503 of the first copy, which it throws away', async () => {
    const { race, next, sent, stop } = racing();
    race.send(next);
    race.send(next);
    const failure = answered(503);
    sent[0]?.answer(failure);
    await quiet();
    stop.abort('mine');
    await expect(race.promise).rejects.toBe('mine');
    expect(isUnread(failure)).toBe(false);
  });

  test('when there is an answer stops what is read of it: 1 stop, and not the loser’s', async () => {
    const { race, next, sent, stop } = racing();
    race.send(next);
    race.send(next);
    sent[1]?.answer(answered(200));
    await race.promise;
    stop.abort('mine');
    expect(sent.map(({ context }) => context.stop.reason)).toEqual([superseded, 'mine']);
  });

  test('after both failed stops what is read of the failure that was given', async () => {
    const { race, next, sent, stop } = racing();
    race.send(next);
    race.send(next);
    sent[0]?.answer(answered(503));
    await quiet();
    sent[1]?.answer(answered(500));
    await race.promise;
    stop.abort('mine');
    expect(sent.map(({ context }) => context.stop.aborted)).toEqual([true, false]);
  });
});
