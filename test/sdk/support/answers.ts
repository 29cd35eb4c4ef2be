import type { ServerResponse } from 'node:http';
import type { Pace } from './pace.ts';

/** An answer in JSON. */
export function json(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

/** Sends parts of a body, each when the one before it was seen, unless the reader goes away. */
export async function paced(
  response: ServerResponse,
  type: string,
  parts: readonly string[],
  pace: Pace,
  tail = '',
): Promise<void> {
  response.writeHead(200, { 'content-type': type });
  for (const [index, part] of parts.entries()) {
    response.write(part);
    await pace.heard(index + 1);
  }
  response.end(tail);
}

/** Server-sent events of unnamed data. */
export function events(values: readonly unknown[]): string[] {
  return values.map((value) => `data: ${JSON.stringify(value)}\n\n`);
}
