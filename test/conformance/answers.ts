import { STATUS_CODES } from 'node:http';
import type { Answer } from './server.ts';

/** Headers as lines, so that they may come twice, in any case and order. */
export type Lines = readonly string[];

/** The head of an answer, as it goes over the wire. */
export function head(status: number, lines: Lines = []): string {
  return ['HTTP/1.1', status, STATUS_CODES[status] ?? 'Unknown']
    .join(' ')
    .concat('\r\n', ...lines.map((line) => `${line}\r\n`), '\r\n');
}

/** An ordinary answer of a known length, once all of the request is there. */
export function reply(
  status: number = 200,
  lines: Lines = [],
  body: string | Uint8Array = 'the body',
): Answer {
  return async ({ received, write }) => {
    await received;
    const bytes = Buffer.from(body as string);
    write(
      Buffer.concat([
        Buffer.from(head(status, [`content-length: ${bytes.length}`, ...lines]), 'latin1'),
        bytes,
      ]),
    );
  };
}

/** An answer without a body, and without a length for it. */
export function bare(status: number, lines: Lines = []): Answer {
  return raw(head(status, lines));
}

/** Bytes that need not be HTTP, once all of the request is there, and then the end of the connection, if there is to be one. */
export function raw(bytes: string | Uint8Array, end?: 'FIN' | 'RST'): Answer {
  return async ({ received, write, socket }) => {
    await received;
    write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
    if (end === 'FIN') socket.end();
    // what was written must be there before the reset is
    if (end === 'RST') setTimeout(() => socket.resetAndDestroy(), 20);
  };
}

/** A redirect. */
export function redirect(status: number, location: string): Answer {
  return reply(status, [`location: ${location}`], 'elsewhere');
}

/** No answer. */
export const silence: Answer = () => {};

/** The connection is reset once all of the request is there. */
export const reset: Answer = async ({ received, socket }) => {
  await received;
  socket.resetAndDestroy();
};

/** A chunk of a chunked body. */
export function chunk(data: string | Uint8Array): Buffer {
  const bytes = Buffer.from(data as string);
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
}

/** The end of a chunked body. */
export const lastChunk = '0\r\n\r\n';

/** A body in chunks, all at once. */
export function chunked(
  pieces: readonly (string | Uint8Array)[],
  lines: Lines = [],
  status: number = 200,
): Answer {
  const body = Buffer.concat([...pieces.map(chunk), Buffer.from(lastChunk)]);
  const start = Buffer.from(head(status, ['transfer-encoding: chunked', ...lines]), 'latin1');
  return raw(Buffer.concat([start, body]));
}
