type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

/**
 * What leads to a reader, and the reader. A stream holds its reader, and a connection its stream, so a reader that was
 * dropped in the middle would hold both for ever; what leads to it is held by nobody but whoever reads.
 */
const ways = new FinalizationRegistry<Reader>((reader) => reader.cancel().catch(nothing));

/**
 * A reader that reads only through another, whoever reads it: since Node 26 `Readable.fromWeb` goes to the insides of the
 * reader that it is given, past its methods.
 */
export function relayed(reader: Reader, tracked: boolean): Reader {
  const outer = passageFrom(reader, tracked).getReader();
  const releaseLock = outer.releaseLock.bind(outer);
  define(outer, 'releaseLock', () => {
    releaseLock();
    reader.releaseLock();
  });
  return outer;
}

/**
 * A stream that reads only when it is read, and ends when the reader does.
 *
 * @param tracked whether the reader is to be cancelled when the stream is lost.
 */
export function passageFrom(reader: Reader, tracked: boolean): Bytes {
  const source = new Passage(reader);
  const passage = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
  endWith(reader, tracked ? new WeakRef(source) : { deref: () => source });
  if (tracked) ways.register(passage, reader);
  return passage;
}

type Controller = ReadableStreamDefaultController<Uint8Array>;

class Passage {
  readonly #reader: Reader;
  #controller: Controller | undefined;
  #pulling = false;
  #end: ((controller: Controller) => void) | undefined;

  constructor(reader: Reader) {
    this.#reader = reader;
  }

  start(controller: Controller): void {
    this.#controller = controller;
  }

  async pull(controller: Controller): Promise<void> {
    this.#pulling = true;
    const { done, value } = await this.#reader.read();
    this.#pulling = false;
    if (done) this.#end ??= close;
    else controller.enqueue(value);
    this.#endIfIdle();
  }

  async cancel(reason: unknown): Promise<void> {
    this.#controller = undefined;
    await this.#reader.cancel(reason);
  }

  endBy(end: (controller: Controller) => void): void {
    this.#end ??= end;
    this.#endIfIdle();
  }

  /** What a read under way has brought comes before the end. */
  #endIfIdle(): void {
    if (this.#pulling || !this.#end || !this.#controller) return;
    this.#end(this.#controller);
    this.#controller = undefined;
  }
}

/** A reader is not to hold what leads to it, where the loss of that is to be seen. */
function endWith(reader: Reader, passage: Pick<WeakRef<Passage>, 'deref'>): void {
  reader.closed.then(
    () => passage.deref()?.endBy(close),
    (error: unknown) => passage.deref()?.endBy((controller) => controller.error(error)),
  );
}

function close(controller: Controller): void {
  controller.close();
}

/**
 * What a stream gives to `for await`.
 *
 * @param tracked whether the reader is to be cancelled when the iteration is lost.
 */
export function iterate(
  reader: Reader,
  tracked: boolean,
  { preventCancel = false } = {},
): AsyncIterableIterator<Uint8Array> {
  let open = true;
  const end = () => {
    if (open) reader.releaseLock();
    open = false;
    return { done: true, value: undefined } as const;
  };
  // not the iterator: `(await stream.values().next()).value` drops it while its read is under way
  if (tracked) ways.register(end, reader);
  return {
    async next() {
      if (!open) return end();
      try {
        const { done, value } = await reader.read();
        return done ? end() : { done, value };
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      if (open && !preventCancel) await reader.cancel();
      return end();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** A method of this one object, hidden from whoever lists its properties. An object that takes none stays as it is. */
export function define(target: object, key: PropertyKey, value: unknown): void {
  Reflect.defineProperty(target, key, { value, configurable: true, writable: true });
}

function nothing(): void {}
