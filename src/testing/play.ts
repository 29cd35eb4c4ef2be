import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Stop, sleep } from '../core/stop.ts';
import { type Answer, type AnswerDetails, checkAnswer, type ReceivedRequest } from './answer.ts';
import { contentOf } from './content.ts';
import type { Fault } from './fault.ts';

/** The way back to whoever sent a request. */
export interface WayBack {
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/**
 * Answers a request by one line of the script, with the fault over it that was drawn. A function of the script that fails
 * becomes a 501, which no client repeats, with what was wrong as its body.
 */
export async function play(
  line: Answer,
  fault: Fault | undefined,
  request: ReceivedRequest,
  back: WayBack,
): Promise<void> {
  const answer = laidOver(fault) ?? (await decided(line, request));
  if (answer === 'silence') return;
  if (answer === 'reset') {
    back.socket.resetAndDestroy();
    return;
  }
  if (answer === 'close') {
    back.socket.destroy();
    return;
  }
  const details = detailsOf(answer);
  const added = fault?.kind === 'latency' ? fault.milliseconds : 0;
  if (!(await waited((details.delay ?? 0) + added, back.response))) return;
  send(details, fault?.kind === 'truncation' ? fault.share : undefined, request, back);
}

type Decided = Exclude<Answer, (request: ReceivedRequest) => unknown>;

/** What a fault answers in the place of the script; a latency and a truncation leave the script its word. */
function laidOver(fault: Fault | undefined): Decided | undefined {
  if (fault?.kind === 'reset') return 'reset';
  if (fault?.kind === 'error') return 'close';
  if (fault?.kind !== 'status') return undefined;
  const { status, retryAfter } = fault;
  return retryAfter === undefined ? { status } : { status, retryAfter };
}

async function decided(line: Answer, request: ReceivedRequest): Promise<Decided> {
  if (typeof line !== 'function') return line;
  try {
    return await decided(checkAnswer(await line(request)), request);
  } catch (error) {
    return { status: 501, body: error instanceof Error ? error.message : String(error) };
  }
}

/** Bytes of a short text of which not all is to come. */
const beginning = 5;

function detailsOf(answer: Exclude<Decided, 'reset' | 'close' | 'silence'>): AnswerDetails {
  if (typeof answer === 'number') return { status: answer };
  if (answer === 'truncation') return { truncateAfter: beginning };
  return answer === 'stall' ? { stallAfter: beginning } : answer;
}

/** Whether somebody is still there for the answer after a delay. */
async function waited(delay: number, response: ServerResponse): Promise<boolean> {
  if (delay > 0) {
    const gone = new AbortController();
    const leave = () => gone.abort();
    response.once('close', leave);
    const stop = Stop.by(gone.signal);
    await sleep(delay, stop).catch(() => {});
    stop.release();
    response.off('close', leave);
  }
  return !response.destroyed;
}

function send(
  details: AnswerDetails,
  share: number | undefined,
  { method }: ReceivedRequest,
  { response, socket }: WayBack,
): void {
  const { status = 200, truncateAfter, stallAfter } = details;
  const { body, headers } = contentOf(details);
  const isEmpty = status === 204 || status === 304 || method === 'HEAD';
  if (!isEmpty) headers.set('content-length', String(body.length));
  response.writeHead(status, Object.fromEntries(headers));
  const cut = share === undefined ? truncateAfter : Math.floor(body.length * share);
  const most = Math.min(cut ?? stallAfter ?? body.length, body.length);
  if (isEmpty || most === body.length) {
    response.end(isEmpty ? undefined : body);
    return;
  }
  response.flushHeaders();
  response.write(body.subarray(0, most), () => {
    if (cut !== undefined) socket.end();
  });
}
