import { describe, expect, it, vi } from 'vitest';
import { type Controller, type Handler, Relay } from '../../src/adapters/relay.ts';

const names = [
  ...(['onRequestStart', 'onRequestUpgrade', 'onResponseStart', 'onResponseData'] as const),
  ...(['onResponseEnd', 'onResponseError', 'onResponseStarted', 'onBodySent'] as const),
  'onRequestSent' as const,
];
const controller: Controller = { abort: () => {} };

/** Tells a handler all that there is to tell, with things of which each is itself alone. */
function tellAll(handler: Handler) {
  const [context, chunk, trailers, sent] = [{}, {}, {}, {}];
  const error = new Error('reset');
  handler.onRequestStart?.(controller, context);
  handler.onRequestUpgrade?.(controller, 101, {}, 'socket');
  handler.onResponseStart?.(controller, 200, {}, 'OK');
  handler.onResponseData?.(controller, chunk);
  handler.onResponseEnd?.(controller, trailers);
  handler.onResponseError?.(controller, error);
  handler.onResponseStarted?.();
  handler.onBodySent?.(sent);
  handler.onRequestSent?.();
}

describe('a relay', () => {
  it('hands on each of the 9 things that it is told, with all that belongs to it', () => {
    const heard = () => {
      const calls: unknown[][] = [];
      const handler = Object.fromEntries(
        names.map((name) => [name, (...given: unknown[]) => calls.push([name, ...given])]),
      ) as Handler;
      return { calls, handler };
    };
    const [directly, relayed] = [heard(), heard()];
    tellAll(directly.handler);
    tellAll(new Relay(relayed.handler));
    expect(relayed.calls).toEqual(directly.calls);
    expect(relayed.calls.map(([name]) => name)).toEqual(names);
  });

  it('is content with a handler that hears of 0 of them', () => {
    expect(() => tellAll(new Relay({}))).not.toThrow();
  });

  it('calls a handler by its own name: 1 method that reads `this`', () => {
    const told = vi.fn();
    class Own implements Handler {
      readonly #told = told;
      onRequestSent(): void {
        this.#told();
      }
    }
    tellAll(new Relay(new Own()));
    expect(told).toHaveBeenCalledTimes(1);
  });
});
