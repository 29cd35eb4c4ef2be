import type { Answer } from './answer.ts';
import { bodyLifeOf } from './body-life.ts';
import type { Outcome } from './outcome.ts';

/** A body known to be no longer than this is read to its end, so that its connection can be used again. */
const drainable = 64 * 1024;

/** A body known to be no longer than this waits in the platform's buffer, which is a little larger, and not in the socket. */
const buffered = 60_000;

/** How long draining may take, in milliseconds, before the connection is given up. */
const patience = 1_000;

/**
 * Rids the connection of a response that nobody will read. A small body is drained, anything else is cancelled, which
 * closes the connection: 20 dropped responses were seen to hold 10 sockets until the garbage collector came. Returns at
 * once; nothing waits for it, and whatever it meets is nobody's failure.
 */
export function discard(response: Answer): void {
  const life = bodyLifeOf(response);
  if (life?.arrived) {
    life.drop();
    return;
  }
  const { body } = response;
  if (!body || body.locked) return;
  const length = response.headers.get('content-length');
  const small = length !== null && Number(length) <= drainable;
  (small ? drain(body) : body.cancel()).catch(nothing);
}

/** Whether an unread response leaves its connection free: its body is small, and not made larger by decompression. */
function isBuffered({ body, headers }: Answer): boolean {
  if (!body) return true;
  const length = headers.get('content-length');
  return length !== null && Number(length) <= buffered && !headers.has('content-encoding');
}

/** An outcome that can wait for the next attempt to be let out. A response that would hold its connection is let go of. */
export function kept<Given extends Answer>(outcome: Outcome<Given>): Outcome<Given> | undefined {
  const { response } = outcome;
  if (!response || bodyLifeOf(response)?.arrived || isBuffered(response)) return outcome;
  discard(response);
  return undefined;
}

/** Counts what really comes: a content-length says nothing of what a compressed body becomes. */
async function drain(body: ReadableStream<Uint8Array>): Promise<void> {
  const reader = body.getReader();
  const timer = setTimeout(() => reader.cancel().catch(nothing), patience);
  timer.unref();
  try {
    let left = 16 * drainable;
    while (left > 0) {
      const { done, value } = await reader.read();
      if (done) return;
      left -= value.byteLength;
    }
    await reader.cancel();
  } finally {
    clearTimeout(timer);
  }
}

function nothing(): void {}
