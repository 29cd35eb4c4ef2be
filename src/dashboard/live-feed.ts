import type { Picture } from './feed.ts';
import { bucketLength, bucketNow } from './history.ts';

/** Somebody who looks. */
interface Viewer {
  readonly stream: ReadableStreamDefaultController<Uint8Array>;
  end(): void;
}

/** A slow viewer holds a picture or two, so there must not be any number of them. */
const most = 50;
const encoder = new TextEncoder();

/**
 * Pictures to whoever looks, as server-sent events: one at once, and one when a second is over. One timer serves all, and
 * there is none while nobody looks. A viewer that has not read the last picture is not given the next.
 */
export class LiveFeed {
  readonly #picture: () => Picture;
  readonly #viewers = new Set<Viewer>();
  #timer: NodeJS.Timeout | undefined;
  #shown = 0;

  constructor(picture: () => Picture) {
    this.#picture = picture;
  }

  get isFull(): boolean {
    return this.#viewers.size >= most;
  }

  /** @param signal the request's own: some servers abort it, others cancel the stream. */
  open(signal: AbortSignal): ReadableStream<Uint8Array> {
    let leave = () => {};
    return new ReadableStream<Uint8Array>({
      start: (stream) => {
        const end = () => {
          leave();
          stream.close();
        };
        const viewer = { stream, end };
        leave = () => {
          signal.removeEventListener('abort', end);
          this.#leave(viewer);
        };
        stream.enqueue(encoder.encode(`retry: 1000\n${this.#message()}`));
        signal.addEventListener('abort', end, { once: true });
        this.#viewers.add(viewer);
        this.#wait();
      },
      cancel: () => leave(),
    });
  }

  close(): void {
    for (const viewer of this.#viewers) viewer.end();
  }

  #leave(viewer: Viewer): void {
    this.#viewers.delete(viewer);
    if (this.#viewers.size > 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Until the bucket is over, for which a timer may be a millisecond early. */
  #wait(): void {
    if (this.#timer) return;
    const left = bucketLength - (performance.now() % bucketLength);
    this.#shown = bucketNow();
    this.#timer = setTimeout(() => this.#show(), left);
    this.#timer.unref();
  }

  #show(): void {
    this.#timer = undefined;
    if (bucketNow() > this.#shown) this.#tell();
    this.#wait();
  }

  #tell(): void {
    const reading = [...this.#viewers].filter(({ stream }) => (stream.desiredSize ?? 0) > 0);
    if (reading.length === 0) return;
    const message = encoder.encode(this.#message());
    for (const { stream } of reading) stream.enqueue(message);
  }

  #message(): string {
    return `event: picture\ndata: ${JSON.stringify(this.#picture())}\n\n`;
  }
}
