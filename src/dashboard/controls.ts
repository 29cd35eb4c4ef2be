import { warn } from '../core/guard.ts';
import type { CircuitHandle } from '../origins.ts';
import { answer } from './answer.ts';
import type { DashboardControls } from './options.ts';

const actions = ['open', 'isolate', 'close'] as const;

interface Order {
  readonly client: string;
  readonly origin: string;
  readonly action: (typeof actions)[number];
}

/** Bytes that an order may have; one that is meant has a hundred. */
const longest = 4_096;

/**
 * Does by an operator's hand what is asked of a circuit. A browser that is on another page must not be made to ask it: it
 * says where it is, and an order is JSON, which no form can send.
 */
export async function control(
  request: Request,
  { authorise }: DashboardControls,
  circuitOf: (client: string, origin: string) => CircuitHandle | undefined,
): Promise<Response> {
  if (!isFromHere(request.headers, request.url)) return answer(403, 'from another site');
  if (!(await mayBe(request, authorise))) return answer(403, 'not authorised');
  if (!isJson(request.headers)) return answer(415, 'expected application/json');
  const text = await textOf(request);
  if (text === undefined) return answer(413, `expected at most ${longest} bytes`);
  const order = orderIn(text);
  if (!order)
    return answer(400, 'expected { client, origin, action: "open" | "isolate" | "close" }');
  try {
    const circuit = circuitOf(order.client, order.origin);
    if (!circuit) return answer(404, 'no such client or origin');
    circuit[order.action]();
  } catch {
    return answer(409, 'circuitBreaker is off for this origin');
  }
  return answer(204);
}

/** What is no browser says nothing of where it is; it is held to what `authorise` says. */
function isFromHere(headers: Headers, url: string): boolean {
  const site = headers.get('sec-fetch-site');
  if (site !== null) return site === 'same-origin';
  const origin = headers.get('origin');
  if (origin === null) return true;
  const host = headers.get('host') ?? URL.parse(url)?.host;
  return URL.parse(origin)?.host === host;
}

async function mayBe(
  request: Request,
  authorise: DashboardControls['authorise'],
): Promise<boolean> {
  try {
    return (await authorise(request)) === true;
  } catch (error) {
    warn('function controls.authorise', error);
    return false;
  }
}

function isJson(headers: Headers): boolean {
  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  return type.trim().toLowerCase() === 'application/json';
}

/** The body, if it is no longer than it may be; nothing is read beyond that. */
async function textOf({ body }: Request): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  try {
    for await (const chunk of body ?? []) {
      length += chunk.byteLength;
      if (length > longest) return undefined;
      text += decoder.decode(chunk, { stream: true });
    }
  } catch {
    return '';
  }
  return text;
}

function orderIn(text: string): Order | undefined {
  try {
    const given: unknown = JSON.parse(text);
    return isOrder(given) ? given : undefined;
  } catch {
    return undefined;
  }
}

function isOrder(value: unknown): value is Order {
  if (typeof value !== 'object' || value === null) return false;
  const { client, origin, action } = value as Record<string, unknown>;
  const isAction = actions.some((name) => name === action);
  return typeof client === 'string' && typeof origin === 'string' && isAction;
}
