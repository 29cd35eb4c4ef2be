import { describe, expect, it, vi } from 'vitest';
import { insideCache, outsideCache } from '../../src/adapters/cached-request.ts';
import type { Controller, Dispatch, Handler } from '../../src/adapters/relay.ts';

const reason = new Error('stop');
const controllerOf = () => ({ abort: vi.fn<(reason: Error) => void>() });

/** A cache of which the test is the inside: what it is asked, what it tells, and what it asks the server. */
function exchange() {
  const asked: { options: object; handler: Handler }[] = [];
  const sent: Handler[] = [];
  const cache: Dispatch = (options, handler) => asked.push({ options, handler }) > 0;
  const toServer = insideCache((_, handler) => sent.push(handler) > 0);
  const started = vi.fn<(controller: Controller) => void>();
  const options = { path: '/', headers: {} };
  outsideCache(cache)(options, { onRequestStart: started });
  const { handler, options: given } = asked[0] ?? { handler: {}, options: {} };
  return {
    started,
    options,
    given,
    /** The cache answers, under a controller of its own. */
    answer: (controller: Controller) => handler.onRequestStart?.(controller, null),
    /** The cache asks the server, and hears of the beginning of that. */
    ask(controller: Controller, heard: Handler = {}) {
      toServer({ ...given, headers: { 'if-none-match': '"1"' } }, heard);
      sent.at(-1)?.onRequestStart?.(controller, null);
    },
    abort: () => started.mock.calls[0]?.[0].abort(reason),
  };
}

describe('a request to the cache', () => {
  it('can be ended while the server is asked, which the cache itself tells nobody of', () => {
    const { ask, abort, started } = exchange();
    const network = controllerOf();
    const heard = vi.fn();
    ask(network, { onRequestStart: heard });
    expect(heard).toHaveBeenCalledExactlyOnceWith(network, null);
    expect(started).toHaveBeenCalledTimes(1);
    abort();
    expect(network.abort).toHaveBeenCalledExactlyOnceWith(reason);
  });

  it('begins 1 time for its caller, though it is asked, asked again and answered', () => {
    const { ask, answer, abort, started } = exchange();
    const [first, second, cached] = [controllerOf(), controllerOf(), controllerOf()];
    ask(first);
    ask(second);
    answer(cached);
    expect(started).toHaveBeenCalledTimes(1);
    abort();
    expect([first, second, cached].map(({ abort: ended }) => ended.mock.calls.length)).toEqual([
      0, 0, 1,
    ]);
  });

  it('that was ended is not answered all the same: the stale answer is ended, 1 time', () => {
    const { ask, answer, abort, started } = exchange();
    const [network, cached] = [controllerOf(), controllerOf()];
    ask(network);
    abort();
    answer(cached);
    expect(cached.abort).toHaveBeenCalledExactlyOnceWith(reason);
    expect(started).toHaveBeenCalledTimes(1);
  });

  it('answered first leaves the request that follows alone (stale-while-revalidate): 0 ended', () => {
    const { ask, answer, abort } = exchange();
    const [network, cached] = [controllerOf(), controllerOf()];
    answer(cached);
    ask(network);
    abort();
    expect(network.abort).toHaveBeenCalledTimes(0);
    expect(cached.abort).toHaveBeenCalledTimes(1);
  });

  it('leaves the caller’s options as they were: 2 keys', () => {
    const { options, given } = exchange();
    expect(Reflect.ownKeys(options)).toEqual(['path', 'headers']);
    expect(given).toMatchObject(options);
  });

  it('is handed on as it is where no cache stands around it: the very handler', () => {
    const sent: Handler[] = [];
    const handler: Handler = {};
    insideCache((_, given) => sent.push(given) > 0)({}, handler);
    expect(sent[0]).toBe(handler);
  });
});
