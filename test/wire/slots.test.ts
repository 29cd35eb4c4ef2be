import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { transport } from '../../src/adapters/transport.ts';
import { openContext } from '../../src/call.ts';
import { outgoingOf } from '../../src/core/outgoing.ts';
import { compose } from '../../src/core/pipeline.ts';
import { type ConcurrencyRule, Slots } from '../../src/decisions/slots.ts';
import { bodyTimeout } from '../../src/strategies/body-timeout.ts';
import { concurrency } from '../../src/strategies/concurrency.ts';
import { deadline } from '../../src/strategies/deadline.ts';
import { runtimeOf } from '../core/given.ts';
import {
  answer,
  drip,
  faultServer,
  type Line,
  stall,
  unfinished,
} from '../support/fault-server.ts';
import { collect } from '../support/heap.ts';
import { rejection, until } from '../support/wire-call.ts';

/** Calls to a server of this script, through slots. */
async function upstream(lines: readonly Line[], changes: Partial<ConcurrencyRule> = {}) {
  const server = await faultServer(lines);
  const { runtime } = runtimeOf();
  const rule = { max: 1, queue: 100, hold: 'body', adaptive: false, ...changes } as const;
  const send = compose(
    [deadline(5_000, runtime), concurrency(rule, runtime), bodyTimeout(2_000, runtime)],
    transport(() => fetch, undefined, runtime),
  );
  const state = { origin: server.origin, inFlight: 0 };
  return {
    server,
    slots: Slots.of(state),
    call(init?: RequestInit): Promise<Response> {
      const url = new URL(server.origin);
      const request = outgoingOf(url.href, init, url);
      return send(request, openContext(request, state, undefined));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

function bodyOf({ body }: Response): ReadableStream<Uint8Array> {
  if (!body) throw new Error('expected a body');
  return body;
}

describe('a slot that is held through the body', () => {
  it('keeps a 2nd request from leaving until a slow body of 5 drops is read', async () => {
    await using up = await upstream([drip(200, 5, 10)]);
    const [first, second] = [up.call(), up.call()];
    const reading = (await first).text();
    expect([up.server.requests.length, up.slots.inUse, up.slots.queued]).toEqual([1, 1, 1]);
    expect(await reading).toBe('drop '.repeat(5));
    expect(await (await second).text()).toBe('drop '.repeat(5));
    expect([up.server.requests.length, up.slots.inUse]).toEqual([2, 0]);
  });

  it('lets 4 of 40 be at the server at a time, and all 40 be read', async () => {
    let [current, most] = [0, 0];
    const reply: Line = (response) => {
      most = Math.max(most, ++current);
      response.write('slow ');
      setTimeout(() => {
        current--;
        response.end('body');
      }, 5);
    };
    await using up = await upstream([reply], { max: 4 });
    const texts = await Promise.all(
      Array.from({ length: 40 }, async () => (await up.call()).text()),
    );
    expect(new Set(texts)).toEqual(new Set(['slow body']));
    expect([texts.length, most, up.slots.inUse]).toEqual([40, 4, 0]);
  });

  it('is given back when an endless body is cancelled, or left in a loop: 2 times', async () => {
    await using up = await upstream([drip(200, Number.POSITIVE_INFINITY, 5)]);
    await bodyOf(await up.call()).cancel();
    for await (const _ of bodyOf(await up.call())) break;
    expect([up.server.requests.length, up.slots.inUse]).toEqual([2, 0]);
  });

  it('is given back when the connection breaks in the middle of the body', async () => {
    const broken: Line = (response, socket, received) => {
      stall()(response, socket, received);
      setTimeout(() => socket.resetAndDestroy(), 20);
    };
    await using up = await upstream([broken]);
    const error = await rejection((await up.call()).text());
    expect(error).toBeInstanceOf(TypeError);
    expect(up.slots.inUse).toBe(0);
  });

  it('is given back when the caller aborts while nobody reads, and the 2nd call goes out', async () => {
    await using up = await upstream([stall(), 200]);
    const caller = new AbortController();
    const kept = await up.call({ signal: caller.signal });
    const second = up.call();
    caller.abort();
    expect((await second).status).toBe(200);
    expect((await rejection(kept.text())) as Error).toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['204', answer(204, '', {}), {}],
    ['304', answer(304, '', {}), {}],
    ['200 to a HEAD', answer(200, 'unsent'), { method: 'HEAD' }],
    ['200 of 0 bytes', answer(200, ''), {}],
  ] as [string, Line, RequestInit][])(
    'is given back at the headers of a %s',
    async (_, line, init) => {
      await using up = await upstream([line]);
      const response = await up.call(init);
      expect(up.slots.inUse).toBe(0);
      expect(await response.text()).toBe('');
    },
  );

  it('is held for a clone as for its original: until 1 of them was read, or both were left', async () => {
    await using up = await upstream([answer(200, 'twice')]);
    const response = await up.call();
    bodyOf(response.clone()).cancel();
    expect(up.slots.inUse).toBe(1);
    expect(await response.text()).toBe('twice');
    expect(up.slots.inUse).toBe(0);

    const other = await up.call();
    const cancelled = bodyOf(other.clone()).cancel();
    expect(up.slots.inUse).toBe(1);
    await Promise.all([cancelled, bodyOf(other).cancel()]);
    expect(up.slots.inUse).toBe(0);
  });
});

describe('a slot whose Response was dropped', () => {
  const uses: Record<string, (response: Response) => unknown> = {
    'unread, of a small body': () => {},
    'after 1 chunk': (response) => bodyOf(response).getReader().read(),
    'after 1 chunk and releaseLock()': async (response) => {
      const reader = bodyOf(response).getReader();
      await reader.read();
      reader.releaseLock();
    },
    'after 1 chunk of an iteration': (response) => bodyOf(response).values().next(),
    'with its clone': (response) => void response.clone(),
  };

  for (const [name, use] of Object.entries(uses)) {
    it(`is given back when the garbage collector has been: ${name}, 3 times`, async () => {
      await using up = await upstream([stall()], { max: 3 });
      await (async () => {
        for (let count = 0; count < 3; count++) await use(await up.call());
      })();
      expect(up.slots.inUse).toBe(3);
      await until(() => {
        collect();
        return up.slots.inUse === 0;
      });
    });
  }

  it('is kept while the body that came with it is read: 20 collections long', async () => {
    let finish = () => {};
    const reply: Line = (response) => {
      response.write('begun, ');
      finish = () => response.end('done');
    };
    await using up = await upstream([reply]);
    const reading = (async () => (await up.call()).text())();
    await until(() => up.server.requests.length === 1);
    for (let round = 0; round < 20; round++) {
      await sleep(2);
      collect();
    }
    expect(up.slots.inUse).toBe(1);
    finish();
    expect(await reading).toBe('begun, done');
    expect(up.slots.inUse).toBe(0);
  });
});

describe('a slot that is held to the headers', () => {
  it('is free while 3 bodies are under way that never end', async () => {
    await using up = await upstream([unfinished], { hold: 'headers' });
    const responses = [await up.call(), await up.call(), await up.call()];
    expect([up.server.requests.length, up.slots.inUse, up.server.held]).toEqual([3, 0, 3]);
    for (const response of responses) await bodyOf(response).cancel();
  });
});
