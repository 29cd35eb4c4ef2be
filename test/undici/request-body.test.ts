import { Readable, Stream } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { bodyOf } from '../../src/undici/request-body.ts';

describe('a body', () => {
  it('of 9 kinds is taken as it is', () => {
    const kinds = [
      ...[undefined, null, '', 'text', Buffer.from('a'), new Uint8Array(1), new ArrayBuffer(1)],
      ...[new Blob(['a']), new FormData()],
    ];
    expect(kinds.map(bodyOf)).toEqual(kinds);
    for (const body of kinds) expect(bodyOf(body)).toBe(body);
  });

  it('of 2 kinds that give their chunks one after another is taken as it is', () => {
    for (const body of [Readable.from(['a']), new Blob(['a']).stream()]) {
      expect(bodyOf(body)).toBe(body);
    }
  });

  it('of 3 kinds that a fetch does not know becomes one that is sent once, whole', async () => {
    const old = Object.assign(new Stream(), { pause() {}, resume() {} });
    const kinds = [['a', 'b'], ['a', 'b'].values(), old];
    for (const kind of kinds) {
      const body = bodyOf(kind) as AsyncIterable<unknown>;
      if (kind === old) {
        setImmediate(() => {
          for (const chunk of ['a', 'b']) old.emit('data', Buffer.from(chunk));
          old.emit('end');
        });
      }
      const chunks = [];
      for await (const chunk of body) chunks.push(String(chunk));
      expect(chunks.join('')).toBe('ab');
    }
  });
});
