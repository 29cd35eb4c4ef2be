import type fc from 'fast-check';
import { chunk, head, lastChunk, redirect, reply } from './answers.ts';
import type { aborts, chains, readings, requests, steps } from './generated.ts';
import { callOf, headOf, outcome } from './observation.ts';
import type { Answer, Server } from './server.ts';
import type { Play, Stage } from './stage.ts';

type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

export function playRequest({ path, init, asRequest }: Of<typeof requests>): Play {
  return async (stage) => {
    const server = await stage.serve(reply(200, ['x-a: 1'], 'answered'));
    const url = server.at(path);
    if (!asRequest) return callOf(() => stage.fetch(url, init()));
    const { value, ...refused } = await outcome(() => new Request(url, init()));
    return value ? callOf(() => stage.fetch(value as Request)) : refused;
  };
}

export function playAnswer(answer: Answer): Play {
  return async (stage) => {
    const server = await stage.serve(answer);
    return callOf(() => stage.fetch(server.at('/'), { method: 'POST', body: 'once' }));
  };
}

export function playChain({ hops, method, body, mode }: Of<typeof chains>): Play {
  return async (stage) => {
    const other: Server = await stage.serve((exchange) => answerNext(exchange));
    const server = await stage.serve((exchange) => answerNext(exchange));
    let turn = 0;
    const answerNext: Answer = (exchange) => {
      const hop = hops[turn++];
      if (!hop) return reply(200, [], 'arrived')(exchange);
      const to = (hop.elsewhere ? other : server).at('/start');
      const location =
        hop.path === '//' ? to : hop.elsewhere ? new URL(hop.path, to).href : hop.path;
      return redirect(hop.status, location)(exchange);
    };
    const bodied = method !== 'GET' && method !== 'HEAD';
    const headers = { authorization: 'Basic dTpw', cookie: 'a=1', 'x-a': '1' };
    const init = { method, headers, redirect: mode, ...(bodied ? { body } : undefined) };
    return callOf(() => stage.fetch(server.at('/start'), init as RequestInit));
  };
}

type Step = (typeof steps)[number];

export function playReading(sequence: Of<typeof readings>): Play {
  return async (stage) => {
    const server = await stage.serve(reply(200, [], '["some", "bytes"]'));
    const response = await stage.fetch(server.at('/'));
    const seen: unknown[] = [];
    const does = doing(response);
    for (const step of sequence) seen.push([step, await outcome(does[step]), response.bodyUsed]);
    return { seen, head: headOf(response) };
  };
}

function doing(response: Response): Record<Step, () => unknown> {
  let reader: ReadableStreamDefaultReader | undefined;
  let iterator: AsyncIterator<unknown> | undefined;
  const { body } = response;
  return {
    text: () => response.text(),
    json: () => response.json(),
    arrayBuffer: () => response.arrayBuffer(),
    clone: () => headOf(response.clone()),
    cloneText: () => response.clone().text(),
    getReader: () => {
      reader = body?.getReader();
    },
    read: () => reader?.read(),
    releaseLock: () => reader?.releaseLock(),
    cancelReader: () => reader?.cancel('left'),
    cancel: () => body?.cancel('left'),
    tee: () => body?.tee().length,
    next: () => {
      iterator ??= body?.[Symbol.asyncIterator]();
      return iterator?.next();
    },
    return: () => iterator?.return?.(),
    used: () => [response.bodyUsed, body?.locked, response.body === body],
    pipeThrough: () => body?.pipeThrough(new TextDecoderStream()).locked,
  };
}

export function playAbort(given: Of<typeof aborts>): Play {
  const { moment, chunks, method, reason, cloned, asRequest } = given;
  return async (stage: Stage) => {
    if (moment === 'at once') stage.callerOnly();
    const server = await stage.serve(({ write }) => {
      if (moment === 'asked') return;
      write(head(200, ['transfer-encoding: chunked']));
      if (moment === 'headers') return;
      write(chunk('0'));
    });
    const caller = new AbortController();
    const { signal } = caller;
    if (moment === 'before') caller.abort(reason);
    const init = { method, signal, ...(method === 'GET' ? undefined : { body: 'sent' }) };
    const input = asRequest ? new Request(server.at('/'), init) : server.at('/');
    const call = outcome(() => (asRequest ? stage.fetch(input) : stage.fetch(input, init)));
    if (moment === 'at once') caller.abort(reason);
    if (moment === 'asked') {
      await server.asked();
      caller.abort(reason);
    }
    const { value, thrown } = await call;
    if (!(value instanceof Response)) return { thrown, own: thrown === signal.reason };
    const copy = cloned ? value.clone() : undefined;
    const copied = copy && outcome(() => copy.text());
    const reader = value.body?.getReader();
    const seen: unknown[] = [];
    if (moment !== 'headers') {
      for (let index = 1; index <= chunks; index++) {
        seen.push(await reader?.read());
        server.exchanges[0]?.write(
          index === chunks && moment === 'read' ? lastChunk : chunk(`${index}`),
        );
      }
    }
    if (moment === 'read') seen.push(await reader?.read());
    const next = outcome(() => reader?.read());
    caller.abort(reason);
    const last = moment === 'chunk' ? undefined : await next;
    return {
      seen,
      last,
      own: last?.thrown === signal.reason,
      copy: moment === 'chunk' || (await copied),
    };
  };
}
