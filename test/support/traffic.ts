import { type AttemptLog, type Client, explain } from '../../src/index.ts';
import { answerTo, fileOf } from './upstream-answers.ts';

/** What a request is, as far as it decides whether it may be repeated. */
export type Kind = 'GET' | 'PUT' | 'POST' | 'keyed POST';

/** What became of one call, as data that can go from one process to another. */
export interface Sent {
  readonly id: string;
  readonly kind: Kind;
  /** Whether all of an answer came, and it was the one to this request. */
  readonly answered: boolean;
  /** A status, or the code or name of an error. */
  readonly outcome: string;
  readonly stopped: string | undefined;
  readonly attempts: readonly Omit<AttemptLog, 'error'>[];
  /** Milliseconds from the call to its headers or its error. */
  readonly duration: number;
  /** What the proxy was asked by: `HTTP/1.1`, or `HTTP/2.0`. */
  readonly protocol: string | undefined;
}

export interface Load {
  /** Calls of each kind. */
  readonly each: number;
  readonly kinds?: readonly Kind[];
  /** Calls at a time; all of them, if left out. */
  readonly parallel?: number;
}

/**
 * Makes so many calls of each kind, and reads each answer to its end. Never rejects. Makes no more of them when one ran out of
 * its time: so do those that come after it, and nobody wants to wait for that.
 */
export async function traffic(client: Client, url: string, load: Load): Promise<Sent[]> {
  const { each, kinds = ['GET', 'PUT', 'POST', 'keyed POST'], parallel = Infinity } = load;
  const waiting = Array.from({ length: each }, () => kinds).flat();
  const sent: Sent[] = [];
  const lane = async () => {
    for (let kind = waiting.shift(); kind; kind = waiting.shift()) {
      const call = await send(client, kind, url);
      sent.push(call);
      if (call.outcome === 'ERR_RESILIENCE_TIMEOUT') waiting.length = 0;
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, waiting.length) }, lane));
  return sent;
}

let calls = 0;

async function send(client: Client, kind: Kind, url: string): Promise<Sent> {
  const id = `${kind.replace(' ', '-')}-${++calls}`;
  const keyed = kind === 'keyed POST';
  const start = performance.now();
  let duration: number | undefined;
  let protocol: string | undefined;
  let told: unknown;
  let outcome: string;
  try {
    const response = await client(url, {
      method: keyed ? 'POST' : kind,
      headers: { 'x-request-id': id },
      ...(kind !== 'GET' && { body: `body of ${id}` }),
      resilience: { idempotencyKey: keyed },
    });
    duration = performance.now() - start;
    told = response;
    protocol = response.headers.get('x-protocol') ?? undefined;
    const text = await response.text();
    const isIntact = text === String(answerTo(id)) || text === String(fileOf(id));
    outcome = response.ok && !isIntact ? 'another body' : String(response.status);
  } catch (error) {
    told ??= error;
    outcome = nameOf(error);
  }
  const { stopped, attempts = [] } = explain(told) ?? {};
  return {
    ...{ id, kind, answered: outcome === '200', outcome, stopped, protocol },
    attempts: attempts.map(({ error: _, ...attempt }) => attempt),
    duration: duration ?? performance.now() - start,
  };
}

function nameOf(error: unknown): string {
  const { code, cause, name } = error as Error & { code?: unknown; cause?: { code?: unknown } };
  return String(cause?.code ?? code ?? name);
}
