import { expect, it } from 'vitest';
import { isBadPort } from '../../src/decisions/bad-port.ts';
import { rejection } from '../support/wire-call.ts';

it('knows the 83 ports that fetch refuses, and 3 that it does not', async () => {
  const ports = Array.from({ length: 65_536 }, (_, port) => port).filter((port) =>
    isBadPort(String(port)),
  );
  expect(ports).toHaveLength(83);
  for (const port of ports.filter((port) => port > 0)) {
    const error = await rejection(fetch(`http://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ cause: { message: 'bad port' } });
  }
  expect(['', '80', '8080'].map(isBadPort)).toEqual([false, false, false]);
});
