import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { DelaySource } from '../../src/core/call-log.ts';
import { type Coming, sendComing } from '../../src/core/coming.ts';
import type { Context } from '../../src/core/context.ts';
import type { Send } from '../../src/core/pipeline.ts';
import { Stop } from '../../src/core/stop.ts';
import { pass, useFakeClock } from '../support/clock.ts';
import { contextOf, outgoing } from './given.ts';

beforeEach(useFakeClock);
afterEach(() => vi.useRealTimers());

const small = () =>
  new Response('0123456789', { status: 503, headers: { 'content-length': '10' } });

/** An attempt that is to come, and what it does to the token and to the answer before it. */
function comingOf(delay: number, source: DelaySource = 'backoff') {
  const giveBack = vi.fn();
  const held = small();
  const coming: Coming = { delay, source, paid: { giveBack }, held: { response: held } };
  return { coming, giveBack, held };
}

/** Lets the request out, as a transport does: from there on it is an attempt. */
const leave: Send = async (_, { attempt, log }) => {
  log.attempts.push({ attempt, at: 0, outcome: 'pending', duration: 0 });
  return new Response('new');
};
const refuse: Send = () => Promise.reject(new Error('refused'));

describe('an attempt that is to come', () => {
  test('is sent after its wait of 100 ms, and not at 99', async () => {
    const { coming } = comingOf(100);
    const send = vi.fn(leave);
    const sent = sendComing(coming, send)(outgoing(), contextOf());
    await pass(99);
    expect(send).toHaveBeenCalledTimes(0);
    await pass(1);
    expect(send).toHaveBeenCalledTimes(1);
    expect(await (await sent).text()).toBe('new');
  });

  test('elsewhere is sent in the same turn, 1 time', () => {
    const { coming } = comingOf(0, 'failover');
    const send = vi.fn(leave);
    sendComing(coming, send)(outgoing(), contextOf());
    expect(send).toHaveBeenCalledTimes(1);
  });

  test('that leaves keeps its token, and the answer before it is read to its end', async () => {
    const { coming, giveBack, held } = comingOf(0);
    const sent = sendComing(coming, leave)(outgoing(), contextOf());
    await pass(1);
    await sent;
    expect(giveBack).toHaveBeenCalledTimes(0);
    expect(held.bodyUsed).toBe(true);
  });

  test('that leaves and fails keeps its token too: 0 are given back', async () => {
    const { coming, giveBack } = comingOf(0, 'failover');
    const fail: Send = async (request, context) => {
      await leave(request, context);
      throw new Error('reset');
    };
    await expect(sendComing(coming, fail)(outgoing(), contextOf())).rejects.toThrow('reset');
    expect(giveBack).toHaveBeenCalledTimes(0);
  });

  test('that is refused gives 1 token back, and the answer before it is still unread', async () => {
    const { coming, giveBack, held } = comingOf(0, 'failover');
    await expect(sendComing(coming, refuse)(outgoing(), contextOf())).rejects.toThrow('refused');
    expect(giveBack).toHaveBeenCalledTimes(1);
    expect(held.bodyUsed).toBe(false);
  });

  test.each<[string, DelaySource]>([
    ['in its wait', 'backoff'],
    ['before it goes elsewhere', 'failover'],
  ])('that is stopped %s gives 1 token back, and rejects with the reason', async (_, source) => {
    const { coming, giveBack } = comingOf(100, source);
    const stop = Stop.never.child();
    const reason = new Error('enough');
    const send = vi.fn(leave);
    const context: Context = contextOf({ stop });
    if (source === 'failover') stop.abort(reason);
    const sent = sendComing(coming, send)(outgoing(), context).catch((error: unknown) => error);
    stop.abort(reason);
    expect(await sent).toBe(reason);
    expect(send).toHaveBeenCalledTimes(0);
    expect(giveBack).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });
});
