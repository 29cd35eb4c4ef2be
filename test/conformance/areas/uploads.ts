import { Readable } from 'node:stream';
import { head, reply } from '../answers.ts';
import { outcome } from '../observation.ts';
import { within } from '../server.ts';
import type { Area, Play, Stage } from '../stage.ts';

/** A stream of which each chunk is sent when the server has had the one before. */
async function sentStepwise(stage: Stage, make: (chunks: AsyncIterable<Uint8Array>) => unknown) {
  const server = await stage.serve(reply());
  const pieces = ['one ', 'two ', 'three'];
  const seen: string[] = [];
  async function* chunks() {
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        await within(3_000, () => server.exchanges[0]?.body() === pieces.slice(0, index).join(''));
        seen.push(server.exchanges[0]?.body() ?? 'nothing');
      }
      yield Buffer.from(piece);
    }
  }
  const init = { method: 'POST', body: make(chunks()), duplex: 'half' };
  const response = await stage.fetch(server.at('/'), init as RequestInit);
  return { seen, text: await response.text() };
}

const makers: Readonly<Record<string, (chunks: AsyncIterable<Uint8Array>) => unknown>> = {
  'a generator': (chunks) => chunks,
  'a web stream': (chunks) => ReadableStream.from(chunks),
  'a Readable of Node': (chunks) => Readable.from(chunks),
};

const table: Record<string, Play> = {};
for (const [name, make] of Object.entries(makers)) {
  table[`${name} is sent in 3 steps`] = (stage) => sentStepwise(stage, make);
}

export const uploadCases: Area = {
  name: 'uploads',
  cases: {
    ...table,
    'an answer that comes before the body was sent is there at once': async (stage) => {
      const server = await stage.serve(({ write }) => {
        write(head(200, ['content-length: 5', 'connection: close']));
        write('early');
      });
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('one')),
      });
      stage.callerOnly();
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      return outcome(async () => (await stage.fetch(server.at('/'), init)).status);
    },
    'a stream that fails after 1 chunk': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(reply());
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(Buffer.from('one')),
        pull: async (controller) => {
          await server.asked();
          controller.error(new RangeError('dry'));
        },
      });
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      const ended = await outcome(() => stage.fetch(server.at('/'), init));
      return { ...ended, closed: await server.closed(), locked: body.locked };
    },
    'a generator that fails after 1 chunk': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(reply());
      const body = (async function* () {
        yield Buffer.from('one');
        await server.asked();
        throw new RangeError('dry');
      })();
      const init = { method: 'POST', body, duplex: 'half' } as unknown as RequestInit;
      const ended = await outcome(() => stage.fetch(server.at('/'), init));
      return { ...ended, closed: await server.closed() };
    },
    'a stream of 5 MB arrives whole both ways': async (stage) => {
      const large = Buffer.alloc(5_000_000, 'abcdefg');
      const server = await stage.serve(async ({ received, write, body }) => {
        await received;
        write(head(200, [`content-length: ${body().length}`]));
        write(Buffer.from(body(), 'latin1'));
      });
      stage.callerOnly();
      const body = new Blob([large]).stream();
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      const bytes = Buffer.from(await (await stage.fetch(server.at('/'), init)).arrayBuffer());
      return [bytes.length, bytes.equals(large)];
    },
    'a stream of the caller is locked by the call and stays so': async (stage) => {
      const server = await stage.serve(reply());
      const body = new Blob(['bytes']).stream();
      const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
      const call = stage.fetch(server.at('/'), init);
      const during = body.locked;
      await (await call).text();
      return [during, body.locked, await outcome(() => body.getReader())];
    },
  },
};
