import { describe, expect, it } from 'vitest';
import { transport } from '../../src/adapters/transport.ts';
import { outgoingOf } from '../../src/core/outgoing.ts';
import { compose } from '../../src/core/pipeline.ts';
import { Stop } from '../../src/core/stop.ts';
import { defaultHedge } from '../../src/decisions/hedging.ts';
import { deadline } from '../../src/strategies/deadline.ts';
import { hedge } from '../../src/strategies/hedge.ts';
import { contextOf, runtimeOf } from '../core/given.ts';
import { answer, faultServer, silence, stillHeld } from '../support/fault-server.ts';

const stops = {
  'its own deadline alone': () => Stop.never,
  'the caller’s signal': () => Stop.by(new AbortController().signal),
};

describe('a copy that is superseded', () => {
  for (const [name, stopOf] of Object.entries(stops)) {
    it(`is cut off, and its server holds 0 requests: stopped by ${name}`, async () => {
      await using server = await faultServer([silence, answer(200, 'second')]);
      const { runtime } = runtimeOf();
      const rule = { ...defaultHedge, delay: 20 };
      const send = compose(
        [deadline(10_000, runtime), hedge(rule, runtime, ['GET'], false)],
        transport(() => fetch, undefined, runtime),
      );
      const request = outgoingOf(server.origin, undefined, new URL(server.origin));
      const context = contextOf({ stop: stopOf() });
      const response = await send(request, context);
      expect(await response.text()).toBe('second');
      expect(await stillHeld(server)).toBe(0);
      expect(server.requests).toHaveLength(2);
      expect(context.log.attempts.map(({ outcome }) => outcome)).toEqual(['superseded', '200']);
    });
  }
});
