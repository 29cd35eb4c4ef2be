import { Readable } from 'node:stream';
import type { BodyLife } from '../core/body-life.ts';
import type { BodySource } from './body-source.ts';
import { BodyStream } from './body-stream.ts';

type Bytes = ReadableStream<Uint8Array<ArrayBuffer>>;

/** The check knows web streams; its type does not yet. */
const isDisturbed = Readable.isDisturbed as unknown as (stream: Bytes) => boolean;

/**
 * What a Response has of its body. Whoever can still read that holds this object, so that when it is lost, the body is;
 * and the stream is made when somebody asks for it, which nearly nobody does.
 */
export class LazyBody implements BodyLife {
  readonly source: BodySource;
  #stream: Bytes | undefined;

  constructor(source: BodySource, stream?: Bytes) {
    this.source = source;
    this.#stream = stream;
  }

  /** Whether somebody may read it as a stream, which the quick way must then not go past. */
  get touched(): boolean {
    return this.#stream !== undefined;
  }

  get stream(): Bytes {
    this.#stream ??= this.source.taken ? spent() : this.#open();
    return this.#stream;
  }

  /** All of it at once, without a stream. */
  whole(): ReturnType<BodySource['whole']> {
    return this.source.whole(this);
  }

  #open(): Bytes {
    return new ReadableStream(new BodyStream(this.source, this), { highWaterMark: 0 }) as Bytes;
  }

  /** Not where it may be read as a stream: what that has of it is not known here. */
  get arrived(): boolean {
    return this.source.arrived && !this.touched;
  }

  drop(): void {
    this.source.drop();
  }

  get used(): boolean {
    return this.source.taken || (this.#stream !== undefined && isDisturbed(this.#stream));
  }

  get locked(): boolean {
    return this.source.taken || (this.#stream?.locked ?? false);
  }

  /** Makes two of it: this one keeps the first branch. */
  fork(): LazyBody {
    const [own, other] = this.stream.tee();
    this.#stream = own as Bytes;
    return new LazyBody(this.source, other as Bytes);
  }
}

/** What is left of a body that was read at once, to whoever looks at it afterwards. */
function spent(): Bytes {
  const stream = new ReadableStream({ type: 'bytes', start: (controller) => controller.close() });
  stream.getReader().read();
  return stream as Bytes;
}

/** Bodies of which nobody knows that they fit into the buffer: one that is lost unread would hold its connection. */
const lost = new FinalizationRegistry<BodySource>((source) => {
  source.cancel(new Error('Response object has been garbage collected'));
});

/** Has a body be given up when nobody can read it any more. */
export function giveUpWhenLost(body: LazyBody): void {
  lost.register(body, body.source);
}
