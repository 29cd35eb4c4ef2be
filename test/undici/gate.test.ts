import { expect, it } from 'vitest';
import { Gate } from '../../src/undici/gate.ts';

it('a gate that is shut 2 times is opened by 1 release, and has nothing to wait for then', async () => {
  const gate = new Gate();
  expect([gate.isShut, gate.open]).toEqual([false, undefined]);
  gate.shut();
  const { open } = gate;
  gate.shut();
  expect([gate.isShut, gate.open]).toEqual([true, open]);
  gate.release();
  await open;
  expect([gate.isShut, gate.open]).toEqual([false, undefined]);
});
