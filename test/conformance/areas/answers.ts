import { bare, chunk, chunked, head, lastChunk, raw, reply, reset } from '../answers.ts';
import { callOf, outcome } from '../observation.ts';
import type { Area, Play } from '../stage.ts';

/** Statuses that are the answer: nothing is gained by asking again. */
const final = [
  ...[200, 201, 202, 203, 206, 207, 208, 226, 299, 300, 305, 306, 399],
  ...[400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418],
  ...[421, 422, 423, 424, 426, 428, 431, 444, 451, 499, 501, 505, 600, 799, 999],
];
/** Those without a body. */
const empty = [204, 205, 304];

/** What a POST is answered, byte for byte, and how the connection ends. A GET would be sent again where that can help. */
const wires: Readonly<Record<string, readonly [string, ('FIN' | 'RST')?]>> = {
  'no reason': ['HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok'],
  'an empty reason': ['HTTP/1.1 200 \r\ncontent-length: 2\r\n\r\nok'],
  'another reason': ['HTTP/1.1 200 Just Fine!\r\ncontent-length: 2\r\n\r\nok'],
  'a reason of Latin-1': ['HTTP/1.1 200 Sch\u00f6n\r\ncontent-length: 2\r\n\r\nok'],
  'HTTP/1.0': ['HTTP/1.0 200 OK\r\n\r\nto the end', 'FIN'],
  'HTTP/1.0 with keep-alive': [
    'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 2\r\n\r\nok',
  ],
  'HTTP/2.0': ['HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\nok'],
  'HTTP/0.9': ['hello', 'FIN'],
  'no length, to the end of the connection': ['HTTP/1.1 200 OK\r\n\r\nto the end', 'FIN'],
  'no length, and a reset': ['HTTP/1.1 200 OK\r\n\r\nto the end', 'RST'],
  'a length of 0': ['HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
  'a length that is none': ['HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\nok'],
  'a length below 0': ['HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\nok'],
  'a length of 20 digits': [
    'HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999\r\n\r\nok',
    'FIN',
  ],
  'a length that is too short': ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok and more', 'FIN'],
  'a length that is not reached': ['HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok', 'FIN'],
  'a length that is not reached, and a reset': [
    'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok',
    'RST',
  ],
  '2 lengths that agree': ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok'],
  '2 lengths that do not': [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok',
    'FIN',
  ],
  'a length and chunks': [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    'FIN',
  ],
  'chunks and trailers': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n2\r\nok\r\n0\r\nx-t: 1\r\n\r\n',
  ],
  'chunks with extensions': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0;c\r\n\r\n',
  ],
  'chunks in upper case': [
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n',
  ],
  'chunks that end early': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n',
    'FIN',
  ],
  'chunks that are reset': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n',
    'RST',
  ],
  'chunks of a size that is none': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n',
  ],
  'chunks of a size too small': [
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nok\r\n0\r\n\r\n',
  ],
  'an unknown transfer encoding': ['HTTP/1.1 200 OK\r\ntransfer-encoding: rot13\r\n\r\nok', 'FIN'],
  'an empty line before it': ['\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'],
  'bytes after it': [
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nokHTTP/1.1 500 No\r\n\r\n',
    'FIN',
  ],
  'no HTTP': ['SSH-2.0-OpenSSH_9.2\r\n', 'FIN'],
  'a status of 2 digits': ['HTTP/1.1 20 OK\r\n\r\n', 'FIN'],
  'a status of 4 digits': ['HTTP/1.1 2000 OK\r\n\r\n', 'FIN'],
  'a status of 0': ['HTTP/1.1 000 None\r\ncontent-length: 0\r\n\r\n', 'FIN'],
  'half a status line': ['HTTP/1.1 20', 'FIN'],
  'half a head': ['HTTP/1.1 200 OK\r\nx-a: 1\r\n', 'FIN'],
  'half a head, and a reset': ['HTTP/1.1 200 OK\r\nx-a: 1\r\n', 'RST'],
  'nothing, and the end': ['', 'FIN'],
  'nothing, and a reset': ['', 'RST'],
  '100 before it': ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'],
  '102 before it': [
    'HTTP/1.1 102 Processing\r\nx-a: 1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  ],
  '103 before it': [
    'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
  ],
  '103 three times before it': [
    `${'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(3)}HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok`,
  ],
  '103 and the end': ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', 'FIN'],
  '101 that was not asked for': [
    'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    'FIN',
  ],
  '199': ['HTTP/1.1 199 Odd\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'],
};

const table: Record<string, Play> = {};
for (const status of final) {
  table[`${status}`] = async (stage) => {
    const server = await stage.serve(reply(status, ['x-a: 1'], 'why'));
    return callOf(() => stage.fetch(server.at('/')));
  };
}
for (const status of empty) {
  for (const method of ['GET', 'HEAD', 'POST']) {
    table[`${status} to a ${method}`] = async (stage) => {
      const server = await stage.serve(
        bare(status, ['x-a: 1', ...(status === 205 ? ['content-length: 0'] : [])]),
      );
      return callOf(() => stage.fetch(server.at('/'), { method }));
    };
  }
  table[`${status} with a length of 3`] = async (stage) => {
    const server = await stage.serve(
      raw(head(status, ['content-length: 3', 'connection: close']), 'FIN'),
    );
    return callOf(() => stage.fetch(server.at('/'), { method: 'POST' }));
  };
}
for (const [name, [bytes, end]] of Object.entries(wires)) {
  table[name] = async (stage) => {
    const server = await stage.serve(raw(bytes, end));
    return callOf(() => stage.fetch(server.at('/'), { method: 'POST', body: 'once' }));
  };
}
// what a retry is due for: after the last one the caller has what fetch would have given
for (const status of [408, 425, 429, 500, 502, 503, 504, 511]) {
  table[`${status}, to the end`] = async (stage) => {
    stage.callerOnly();
    const server = await stage.serve(reply(status, ['x-a: 1'], 'why'));
    const method = status === 429 ? 'POST' : 'GET';
    return callOf(() => stage.fetch(server.at('/'), { method }));
  };
}

export const answerCases: Area = {
  name: 'answers',
  cases: {
    ...table,
    'a reset to a GET, to the end': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(reset);
      return outcome(() => stage.fetch(server.at('/')));
    },
    '500 to a POST': async (stage) => {
      const server = await stage.serve(reply(500, [], 'why'));
      return callOf(() => stage.fetch(server.at('/'), { method: 'POST', body: 'once' }));
    },
    '3 answers on 1 connection': async (stage) => {
      const server = await stage.serve(
        reply(200, [], 'one'),
        chunked(['two']),
        reply(404, [], 'three'),
      );
      const seen: unknown[] = [];
      for (let left = 3; left > 0; left--)
        seen.push(await callOf(() => stage.fetch(server.at('/'))));
      const connections = new Set(server.exchanges.map(({ socket }) => socket.remotePort)).size;
      return { seen, connections };
    },
    'an answer of HEAD that has a body all the same': async (stage) => {
      const server = await stage.serve(
        raw(`${head(200, ['content-length: 2', 'connection: close'])}ok`, 'FIN'),
      );
      return callOf(() => stage.fetch(server.at('/'), { method: 'HEAD' }));
    },
    'an answer byte by byte': async (stage) => {
      const bytes = `${head(200, ['transfer-encoding: chunked', 'x-a: 1'])}${chunk('hello')}${lastChunk}`;
      const server = await stage.serve(async ({ received, write, socket }) => {
        await received;
        socket.setNoDelay(true);
        for (const byte of bytes) {
          write(byte);
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      const response = await stage.fetch(server.at('/'));
      return [response.status, [...response.headers], await response.text()];
    },
    '20 answers at once': async (stage) => {
      stage.callerOnly();
      const server = await stage.serve(async (exchange) =>
        reply(200, ['x-a: 1'], `answer to ${exchange.request.url}`)(exchange),
      );
      const calls = Array.from({ length: 20 }, (_, index) =>
        callOf(() => stage.fetch(server.at(`/${index}`))),
      );
      return Promise.all(calls);
    },
  },
};
