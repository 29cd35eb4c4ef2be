import { OneShotBody } from '../core/one-shot.ts';

/** A body in a form that undici sends, and what fetch says of its type. */
export interface WireBody {
  readonly content: unknown;
  readonly type: string | undefined;
  /** Whether it can be sent once more. */
  readonly replayable: boolean;
}

const none: WireBody = { content: null, type: undefined, replayable: true };

/** A body as it is sent, or nothing where fetch makes of it what it makes. */
export function wireBodyOf(body: unknown, duplex: unknown): WireBody | undefined {
  if (body === undefined || body === null) return none;
  if (typeof body === 'string') return whole(Buffer.from(body), 'text/plain;charset=UTF-8');
  if (body instanceof URLSearchParams) {
    const type = 'application/x-www-form-urlencoded;charset=UTF-8';
    return whole(Buffer.from(body.toString()), type);
  }
  if (body instanceof Uint8Array && isOwn(body.buffer)) {
    return whole(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  }
  if (isOwn(body)) return whole(Buffer.from(body));
  if (body instanceof Blob) return whole(body, body.type || undefined);
  if (body instanceof OneShotBody && duplex === 'half') {
    return { content: body, type: undefined, replayable: false };
  }
  return undefined;
}

/** Not shared with anybody, nor given away. */
function isOwn(memory: unknown): memory is ArrayBuffer {
  return memory instanceof ArrayBuffer && !memory.detached;
}

function whole(content: unknown, type?: string): WireBody {
  return { content, type, replayable: true };
}
