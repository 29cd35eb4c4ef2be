import { terminated } from './network-error.ts';

/**
 * The same response, with a body that breaks off as the platform's does: what came before can be read, then the read
 * rejects. One without a body is given back as it is, as nothing of it can be missing.
 *
 * @param share how much of it comes, from 0 up to 1: of its `content-length`, or of its first chunk where none is told.
 */
export function truncated(response: Response, share: number): Response {
  const { body, status, statusText, headers } = response;
  const told = Number(headers.get('content-length') ?? Number.NaN);
  if (!body || told === 0) return response;
  const cut = new ReadableStream(new Truncation(body.getReader(), told, share), {
    highWaterMark: 0,
  });
  return likeFetched(new Response(cut, { status, statusText, headers }), response);
}

/** What a constructed Response can't be told: where it came from. */
export function likeFetched(
  made: Response,
  { url, redirected, type }: Pick<Response, 'url' | 'redirected' | 'type'>,
): Response {
  for (const [name, value] of Object.entries({ url, redirected, type })) {
    Object.defineProperty(made, name, { value, configurable: true });
  }
  return made;
}

/** Hands a body on, chunk by chunk as it is asked for, since a stream that fails forgets what nobody has read yet. */
class Truncation {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #share: number;
  #left: number;

  constructor(reader: ReadableStreamDefaultReader<Uint8Array>, length: number, share: number) {
    this.#reader = reader;
    this.#share = share;
    this.#left = Math.floor(length * share);
  }

  async pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    const { done, value } =
      this.#left > 0 || Number.isNaN(this.#left) ? await this.#reader.read() : { done: true };
    if (value && Number.isNaN(this.#left)) this.#left = Math.floor(value.length * this.#share);
    if (done || !value || this.#left === 0) {
      controller.error(terminated());
      await this.#reader.cancel().catch(() => {});
      return;
    }
    const part = value.subarray(0, this.#left);
    this.#left -= part.length;
    controller.enqueue(part);
  }

  async cancel(reason: unknown): Promise<void> {
    await this.#reader.cancel(reason);
  }
}
