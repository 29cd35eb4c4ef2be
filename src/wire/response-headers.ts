import { PlatformHeaders, standsFor } from './platform-response.ts';
import type { IncomingHeaders } from './protocol.ts';

/**
 * The headers of an answer, which nobody may change: `fetch` guards those that it gives. Its guard can't be had, so that
 * the three methods stand here once more.
 */
class ReceivedHeaders extends PlatformHeaders {
  #sealed = false;

  static of(received: IncomingHeaders): ReceivedHeaders {
    const headers = new ReceivedHeaders();
    for (const name of Object.keys(received)) {
      const value = received[name];
      if (typeof value === 'string') headers.append(name, value);
      else for (const one of value ?? []) headers.append(name, one);
    }
    headers.#sealed = true;
    return headers;
  }

  override append(name: string, value: string): void {
    if (this.#sealed) refuse();
    super.append(name, value);
  }

  set(): void {
    refuse();
  }

  delete(): void {
    refuse();
  }
}
standsFor(Headers, ReceivedHeaders);

function refuse(): never {
  throw new TypeError('immutable');
}

/** The headers of an answer as a Headers. */
export function receivedHeaders(received: IncomingHeaders): Headers {
  return ReceivedHeaders.of(received) as unknown as Headers;
}
