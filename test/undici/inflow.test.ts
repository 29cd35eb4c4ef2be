import { describe, expect, it, vi } from 'vitest';
import { Inflow } from '../../src/undici/inflow.ts';

function opened() {
  const tap = { pause: vi.fn(), resume: vi.fn(), abort: vi.fn() };
  const inflow = new Inflow(tap);
  return { tap, inflow, reader: inflow.stream.getReader() };
}

const bytes = (length: number) => new Uint8Array(length);

describe('an inflow', () => {
  it('gives 2 chunks before the error that came with them', async () => {
    const { inflow, reader } = opened();
    inflow.push(bytes(1));
    inflow.push(bytes(2));
    inflow.fail(new Error('broken'));
    expect((await reader.read()).value).toHaveLength(1);
    expect((await reader.read()).value).toHaveLength(2);
    await expect(reader.read()).rejects.toThrow('broken');
  });

  it('gives what comes to a read that waits for it, and then 1 end', async () => {
    const { inflow, reader } = opened();
    const read = reader.read();
    inflow.push(bytes(3));
    expect((await read).value).toHaveLength(3);
    const last = reader.read();
    inflow.end();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('shuts the tap past 65,536 bytes, and opens it below', async () => {
    const { inflow, reader, tap } = opened();
    inflow.push(bytes(65_536));
    expect(tap.pause).toHaveBeenCalledTimes(0);
    inflow.push(bytes(1));
    expect(tap.pause).toHaveBeenCalledTimes(1);
    await reader.read();
    expect(tap.resume).toHaveBeenCalledTimes(1);
  });

  it('that is cancelled aborts its request once, and 0 times where that is over', async () => {
    const left = opened();
    await left.reader.cancel('enough');
    expect(left.tap.abort.mock.calls).toEqual([['enough']]);
    const over = opened();
    over.inflow.end();
    await over.reader.cancel('enough');
    expect(over.tap.abort).toHaveBeenCalledTimes(0);
  });
});
