import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Emitter, type EventName, type Events, type Listener } from '../../src/core/events.ts';
import { callEvent } from '../../src/core/runtime.ts';
import { contextOf, outgoing, runtimeOf } from './given.ts';

const circuit = { client: 'test', origin: 'https://api.test' };
const call = callEvent(runtimeOf().runtime, contextOf(), outgoing());

const warnings = vi.fn();
beforeEach(() => {
  warnings.mockReset();
  vi.spyOn(process, 'emitWarning').mockImplementation(warnings);
});

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a listener', () => {
  test('hears its own event 2 times, with what it tells, and no other', () => {
    const emitter = new Emitter();
    const heard = vi.fn();
    emitter.on('call.started', heard);
    emitter.emit('call.started', call);
    emitter.emit('circuit.halfOpened', circuit);
    emitter.emit('call.started', call);
    expect(heard.mock.calls).toEqual([[call], [call]]);
  });

  test('is 1 of 3 that hear in the order in which they came', () => {
    const emitter = new Emitter();
    const order: number[] = [];
    for (const number of [1, 2, 3]) emitter.on('call.started', () => order.push(number));
    emitter.emit('call.started', call);
    expect(order).toEqual([1, 2, 3]);
  });

  test('hears nothing after it unsubscribed, 2 times over', () => {
    const emitter = new Emitter();
    const [gone, stays] = [vi.fn(), vi.fn()];
    const off = emitter.on('call.started', gone);
    emitter.on('call.started', stays);
    off();
    off();
    emitter.emit('call.started', call);
    expect([gone.mock.calls.length, stays.mock.calls.length]).toEqual([0, 1]);
  });

  test('that is given 2 times hears 2 times, until each is taken off', () => {
    const emitter = new Emitter();
    const heard = vi.fn();
    const [first, second] = [emitter.on('call.started', heard), emitter.on('call.started', heard)];
    emitter.emit('call.started', call);
    expect(heard).toHaveBeenCalledTimes(2);
    first();
    emitter.emit('call.started', call);
    expect(heard).toHaveBeenCalledTimes(3);
    second();
    emitter.emit('call.started', call);
    expect(heard).toHaveBeenCalledTimes(3);
  });

  test('may unsubscribe while it hears, and the 1 after it still does', () => {
    const emitter = new Emitter();
    const after = vi.fn();
    const off = emitter.on('call.started', () => off());
    emitter.on('call.started', after);
    emitter.emit('call.started', call);
    emitter.emit('call.started', call);
    expect(after).toHaveBeenCalledTimes(2);
  });

  test('that unsubscribes late takes away no other’s 1 subscription', () => {
    const emitter = new Emitter();
    const off = emitter.on('call.started', () => {});
    off();
    const heard = vi.fn();
    emitter.on('call.started', heard);
    off();
    emitter.emit('call.started', call);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('a listener that fails', () => {
  test('changes nothing: the 2 others hear, and the process gets 1 warning', () => {
    const emitter = new Emitter();
    const others = [vi.fn(), vi.fn()];
    const [before = vi.fn(), after = vi.fn()] = others;
    emitter.on('call.started', before);
    emitter.on('call.started', () => {
      throw new Error('broken');
    });
    emitter.on('call.started', after);
    expect(() => emitter.emit('call.started', call)).not.toThrow();
    for (const other of others) expect(other).toHaveBeenCalledTimes(1);
    expect(warnings.mock.calls).toEqual([
      ["The listener of 'call.started' failed: broken", { code: 'RESILIENT_FETCH_HOOK' }],
    ]);
  });

  test('later, by 1 promise, gives a warning and no unhandled rejection', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const emitter = new Emitter();
    emitter.on('call.started', (async () => {
      throw new Error('late');
    }) as unknown as Listener<'call.started'>);
    emitter.emit('call.started', call);
    await nextTurn();
    process.off('unhandledRejection', unhandled);
    expect(unhandled).toHaveBeenCalledTimes(0);
    expect(warnings.mock.calls).toEqual([
      ["The listener of 'call.started' failed: late", { code: 'RESILIENT_FETCH_HOOK' }],
    ]);
  });

  test('with 1 thing that is no error gives a warning that does not tell it', () => {
    const emitter = new Emitter();
    emitter.on('call.started', () => {
      throw { password: 'secret' };
    });
    emitter.emit('call.started', call);
    expect(warnings).toHaveBeenCalledTimes(1);
    expect(JSON.stringify(warnings.mock.calls)).not.toContain('secret');
  });
});

describe('a child’s events', () => {
  test('are heard by the 2 above it, and not the other way round', () => {
    const root = new Emitter();
    const parent = new Emitter(root);
    const child = new Emitter(parent);
    const heard: string[] = [];
    root.on('call.started', () => heard.push('root'));
    parent.on('call.started', () => heard.push('parent'));
    child.on('call.started', () => heard.push('child'));
    child.emit('call.started', call);
    expect(heard).toEqual(['child', 'parent', 'root']);
    root.emit('call.started', call);
    expect(heard).toEqual(['child', 'parent', 'root', 'root']);
  });

  test('of a circuit are heard at the root, whichever of 2 clients emits them', () => {
    const root = new Emitter();
    const [one, other] = [new Emitter(root), new Emitter(root)];
    const heard = vi.fn();
    one.on('circuit.halfOpened', heard);
    other.emit('circuit.halfOpened', circuit);
    root.emit('circuit.halfOpened', circuit);
    one.emit('circuit.halfOpened', circuit);
    expect(heard).toHaveBeenCalledTimes(3);
  });

  test('of a circuit are heard no more after the 1 listener left', () => {
    const root = new Emitter();
    const child = new Emitter(new Emitter(root));
    const heard = vi.fn();
    const off = child.on('circuit.closed', heard);
    off();
    root.emit('circuit.closed', { ...circuit, reason: 'manual' });
    expect(heard).toHaveBeenCalledTimes(0);
    expect(root.heard('circuit.closed')).toBe(false);
  });

  test('reach 1 listener at the root where another below fails', () => {
    const root = new Emitter();
    const child = new Emitter(root);
    const heard = vi.fn();
    child.on('call.started', () => {
      throw new Error('broken');
    });
    root.on('call.started', heard);
    child.emit('call.started', call);
    expect(heard).toHaveBeenCalledTimes(1);
  });
});

describe('whether anybody hears', () => {
  test('is false with 0 listeners, and again after the last of 2 left', () => {
    const emitter = new Emitter();
    expect(emitter.heard('call.started')).toBe(false);
    const offs = [emitter.on('call.started', () => {}), emitter.on('call.started', () => {})];
    expect([emitter.heard('call.started'), emitter.heard('call.ended')]).toEqual([true, false]);
    offs[0]?.();
    expect(emitter.heard('call.started')).toBe(true);
    offs[1]?.();
    expect(emitter.heard('call.started')).toBe(false);
  });

  test('is true of a child where 1 parent listens, and false the other way round', () => {
    const root = new Emitter();
    const child = new Emitter(root);
    root.on('call.started', () => {});
    child.on('call.ended', () => {});
    expect([child.heard('call.started'), root.heard('call.ended')]).toEqual([true, false]);
  });
});

describe('the diagnostics channel', () => {
  const published: unknown[] = [];
  const write = (message: unknown) => published.push(message);
  afterEach(() => {
    unsubscribe('resilient-fetch', write);
    published.length = 0;
  });

  test('gets every client’s events, each with its name, 1 message an event', () => {
    subscribe('resilient-fetch', write);
    const child = new Emitter(new Emitter());
    const opened: Events['circuit.opened'] = {
      ...circuit,
      reason: 'manual',
      openFor: 5_000,
      attempts: 1,
      failures: 1,
      slow: 0,
    };
    child.emit('call.started', call);
    new Emitter().emit('circuit.opened', opened);
    expect(published).toEqual([
      { event: 'call.started', ...call },
      { event: 'circuit.opened', ...opened },
    ]);
  });

  test('makes every event heard while it has 1 subscriber', () => {
    const emitter = new Emitter();
    expect(emitter.heard('call.ended')).toBe(false);
    subscribe('resilient-fetch', write);
    expect(emitter.heard('call.ended')).toBe(true);
    unsubscribe('resilient-fetch', write);
    expect(emitter.heard('call.ended')).toBe(false);
  });

  test('gets 0 messages where nobody subscribed', () => {
    const publish = vi.spyOn(channel('resilient-fetch'), 'publish');
    new Emitter().emit('call.started', call);
    expect(publish).toHaveBeenCalledTimes(0);
  });
});

describe('a watcher', () => {
  const watcherOf = (...names: EventName[]) => ({ names: new Set(names), hear: vi.fn() });

  test('hears the 1 of 2 events that it asked for, at its own emitter', () => {
    const emitter = new Emitter();
    const watcher = watcherOf('call.started');
    emitter.watch(watcher);
    emitter.emit('call.started', call);
    emitter.emit('circuit.halfOpened', circuit);
    expect(watcher.hear.mock.calls).toEqual([['call.started', call]]);
    expect([emitter.heard('call.started'), emitter.heard('call.ended')]).toEqual([true, false]);
  });

  test('hears 0 of what the emitters under its own tell, which is not even made for it', () => {
    const root = new Emitter();
    const child = new Emitter(root);
    const watcher = watcherOf('call.started');
    root.watch(watcher);
    expect(child.heard('call.started')).toBe(false);
    child.emit('call.started', call);
    expect(watcher.hear).toHaveBeenCalledTimes(0);
  });

  test('of any of a family hears of their circuits, 1 of 3 watchers and 1 time each', () => {
    const root = new Emitter();
    const [child, sibling] = [new Emitter(root), new Emitter(root)];
    const watchers = [child, sibling, root].map((emitter) => {
      const watcher = watcherOf('circuit.halfOpened');
      emitter.watch(watcher);
      return watcher;
    });
    for (const emitter of [root, child, sibling]) {
      expect(emitter.heard('circuit.halfOpened')).toBe(true);
      emitter.emit('circuit.halfOpened', circuit);
    }
    expect(watchers.map(({ hear }) => hear.mock.calls.length)).toEqual([3, 0, 0]);
  });
});
