import { describe, expect, it, vi } from 'vitest';
import { OpenRequests } from '../../src/adapters/open-requests.ts';
import type { Handler } from '../../src/adapters/relay.ts';

const reason = new Error('closed');

/** A request under way, and what undici tells of it. */
function request(open: OpenRequests) {
  const told: Handler[] = [];
  const dispatch = open.intercept((_, handler) => told.push(handler) > 0);
  const heard = vi.fn();
  expect(dispatch({}, { onResponseError: heard })).toBe(true);
  const controller = { abort: vi.fn() };
  const handler = told[0] ?? {};
  return { controller, handler, heard };
}

describe('requests under way', () => {
  it('are ended by 1 word, all 3 of them', () => {
    const open = new OpenRequests();
    const requests = [1, 2, 3].map(() => request(open));
    for (const { controller, handler } of requests) handler.onRequestStart?.(controller, null);
    open.abort(reason);
    for (const { controller } of requests) {
      expect(controller.abort).toHaveBeenCalledExactlyOnceWith(reason);
    }
  });

  it('are let go of at their end, by whichever of 3 ways: 0 are ended', () => {
    const open = new OpenRequests();
    const [ended, failed, upgraded] = [request(open), request(open), request(open)];
    for (const { controller, handler } of [ended, failed, upgraded]) {
      handler.onRequestStart?.(controller, null);
    }
    ended.handler.onResponseEnd?.(ended.controller, {});
    failed.handler.onResponseError?.(failed.controller, reason);
    upgraded.handler.onRequestUpgrade?.(upgraded.controller, 101, {}, null);
    open.abort(reason);
    for (const { controller } of [ended, failed, upgraded]) {
      expect(controller.abort).toHaveBeenCalledTimes(0);
    }
    expect(failed.heard).toHaveBeenCalledExactlyOnceWith(failed.controller, reason);
  });

  it('that fail as they are ended do not keep the 2nd from being ended', () => {
    const open = new OpenRequests();
    const requests = [request(open), request(open)];
    for (const { controller, handler } of requests) {
      handler.onRequestStart?.(controller, null);
      controller.abort.mockImplementation((error) => handler.onResponseError?.(controller, error));
    }
    open.abort(reason);
    for (const { heard } of requests) expect(heard).toHaveBeenCalledTimes(1);
  });
});
