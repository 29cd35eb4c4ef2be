import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Connecting, connectorFor } from '../../src/adapters/connector.ts';

type Connect = ReturnType<Connecting['build']>;

class Socket extends EventEmitter {
  readonly destroy = vi.fn((_?: Error) => void this.emit('close'));
}

function connecting() {
  const sockets: Socket[] = [];
  const built: Record<string, unknown>[] = [];
  const dones: (() => void)[] = [];
  const build = vi.fn((options: object): Connect => {
    built.push(options as Record<string, unknown>);
    return (_, done) => {
      const socket = new Socket();
      sockets.push(socket);
      dones.push(() => done(null, socket as never));
      return socket as never;
    };
  });
  return {
    sockets,
    built,
    dones,
    with: { build, expired: (message: string) => new Error(message) },
  };
}

const place = { hostname: 'a.test', port: '443' };
const connectBy = (options: object, { with: given }: ReturnType<typeof connecting>) =>
  connectorFor(options, given) as Connect;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('a connection', () => {
  it('that is not there after 300 ms is given up, at 300 ms and not before', () => {
    const given = connecting();
    connectBy({ connectTimeout: 300 }, given)(place, () => {});
    vi.advanceTimersByTime(299);
    expect(given.sockets[0]?.destroy).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(1);
    const [[error] = []] = given.sockets[0]?.destroy.mock.calls ?? [];
    expect(error?.message).toContain('Connect Timeout Error (attempted address: a.test:443');
  });

  it('that is there after 299 ms is kept, and leaves 0 timers', () => {
    const given = connecting();
    const done = vi.fn();
    connectBy({ connectTimeout: 300 }, given)(place, done);
    vi.advanceTimersByTime(299);
    given.dones[0]?.();
    vi.advanceTimersByTime(1_000);
    expect(done).toHaveBeenCalledExactlyOnceWith(null, given.sockets[0]);
    expect(given.sockets[0]?.destroy).toHaveBeenCalledTimes(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that fails leaves 0 timers', () => {
    const given = connecting();
    connectBy({}, given)(place, () => {});
    expect(vi.getTimerCount()).toBe(1);
    given.sockets[0]?.emit('close');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has 10,000 ms where nothing is said, the 50 of `connect.timeout`, and no end where that is 0', () => {
    for (const [options, milliseconds] of [
      [{}, 10_000],
      [{ connect: { timeout: 50 } }, 50],
    ] as const) {
      const given = connecting();
      connectBy(options, given)(place, () => {});
      vi.advanceTimersByTime(milliseconds - 1);
      expect(given.sockets[0]?.destroy).toHaveBeenCalledTimes(0);
      vi.advanceTimersByTime(1);
      expect(given.sockets[0]?.destroy).toHaveBeenCalledTimes(1);
    }
    connectBy({ connectTimeout: 0 }, connecting())(place, () => {});
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is made 1 time, by what an Agent is given for it', () => {
    const given = connecting();
    const connect = { ca: 'trusted' };
    const options = { allowH2: true, socketPath: '/s', pipelining: 3, connect, keepAlive: 1 };
    connectBy(options, given);
    expect(given.built).toEqual([{ allowH2: true, socketPath: '/s', ca: 'trusted', timeout: 0 }]);
  });

  it('is made by a function of the caller’s as it is: 0 others', () => {
    const given = connecting();
    const connect = () => {};
    expect(connectBy({ connect }, given)).toBe(connect);
    expect(given.built).toHaveLength(0);
  });
});
