import { expect, it } from 'vitest';
import { seeded } from '../support/seeded.ts';
import { type Dispatched, Heard, intercepted, turn } from './dispatch.ts';

const reset = () => Object.assign(new Error('reset'), { code: 'ECONNRESET' });

/** What may happen to a request at any moment, by its server or by its caller. */
const happenings: readonly ((one: Dispatched | undefined, heard: Heard) => void)[] = [
  (one) => one?.answer(503),
  (one) => one?.answer(200),
  (one) => one?.answer(103),
  (one) => one?.data('x'.repeat(40_000)),
  (one) => one?.data('y'),
  (one) => one?.end(),
  (one) => one?.fail(reset()),
  (_, heard) => heard.controller?.pause(),
  (_, heard) => heard.controller?.resume(),
  (_, heard) => heard.controller?.resume(),
];

it('a handler hears 1 beginning, at most 1 answer and 1 end, in that order, in 300 storms', async () => {
  const random = seeded(7);
  const pick = <Value>(values: readonly Value[]) => values[Math.floor(random() * values.length)];
  let ends = 0;
  for (let storm = 0; storm < 300; storm++) {
    const given = {
      timeout: 40,
      retry: { backoff: { base: 1, cap: 1 } },
      circuitBreaker: false,
    } as const;
    const { sent, dispatch } = intercepted({ ...given, retryBudget: false });
    const heard = new Heard();
    dispatch(heard);
    for (let step = 0; step < 12; step++) {
      pick(happenings)?.(pick(sent), heard);
      if (random() < 0.05) heard.controller?.abort(new Error('left'));
      if (random() < 0.5) await turn();
    }
    heard.controller?.resume();
    for (const one of sent) {
      one.data('late');
      one.end();
    }
    await turn();
    heard.controller?.abort(new Error('left'));
    await turn();
    const { events } = heard;
    const shape = events.map((event) => /^(begun|103|\d+|end|error)$/.exec(event)?.[0] ?? 'data');
    expect([storm, shape.join(' ')]).toEqual([
      storm,
      expect.stringMatching(/^begun( 103)*( (200|503)( data)*)?( end| error)$/),
    ]);
    ends++;
  }
  expect(ends).toBe(300);
}, 60_000);
