/**
 * Watches how long a body is silent while it is read, and leaves the Response what it is: the platform's own object,
 * neither wrapped nor rebuilt. Every way of reading a body (`json()` and its like, a reader, iteration, piping, `clone`,
 * Node's `Readable.fromWeb`) comes down to a reader of its one stream, so it is enough to time that stream's readers and
 * to lead the ways that the platform takes inside, past `getReader`, to them.
 *
 * @param silence milliseconds from asking for a chunk to its arrival.
 * @param expire called when they are over; ends the exchange and returns what the read rejects with.
 */
export function watchBody(response: Response, silence: number, expire: () => Error): void {
  if (!response.body) return;
  watchStream(response.body, silence, expire);
  const clone = response.clone.bind(response);
  define(response, 'clone', () => {
    const copy = clone();
    if (response.body) watchStream(response.body, silence, expire);
    watchBody(copy, silence, expire);
    return copy;
  });
}

type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

const watched = new WeakSet<Bytes>();

function watchStream(stream: Bytes, silence: number, expire: () => Error): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  const getReader = stream.getReader.bind(stream) as (...options: unknown[]) => Reader;
  const tee = stream.tee.bind(stream);
  const timedReader = (...options: unknown[]) => {
    const reader = getReader(...options);
    const read = reader.read.bind(reader) as (...views: unknown[]) => Promise<unknown>;
    define(reader, 'read', (...views: unknown[]) => timed(read(...views), silence, expire));
    return reader;
  };
  define(stream, 'getReader', (...options: unknown[]) => {
    const reader = timedReader(...options);
    return reader instanceof ReadableStreamDefaultReader ? relayed(reader) : reader;
  });
  define(stream, 'tee', () => {
    const branches = tee();
    for (const branch of branches) watchStream(branch, silence, expire);
    return branches;
  });
  const values = (options?: { preventCancel?: boolean }) => iterate(timedReader(), options);
  define(stream, 'values', values);
  define(stream, Symbol.asyncIterator, values);
  const pipeTo = async (...to: Parameters<Bytes['pipeTo']>) => {
    const reader = timedReader();
    await passageFrom(reader)
      .pipeTo(...to)
      .finally(() => reader.releaseLock());
  };
  define(stream, 'pipeTo', pipeTo);
  define(stream, 'pipeThrough', (...through: Parameters<Bytes['pipeThrough']>) =>
    passageFrom(timedReader()).pipeThrough(...through),
  );
}

/** Settles as the read does, or rejects when it took too long, also where the source does not hear that it is over. */
function timed<T>(read: Promise<T>, silence: number, expire: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(expire()), silence);
    read.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function iterate(
  reader: Reader,
  { preventCancel = false } = {},
): AsyncIterableIterator<Uint8Array> {
  let open = true;
  const end = () => {
    if (open) reader.releaseLock();
    open = false;
    return { done: true, value: undefined } as const;
  };
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

/**
 * A reader that reads only through another, whoever reads it: since Node 26 `Readable.fromWeb` goes to the insides of the
 * reader that it is given, past its methods.
 */
function relayed(reader: Reader): Reader {
  const outer = passageFrom(reader).getReader();
  const releaseLock = outer.releaseLock.bind(outer);
  define(outer, 'releaseLock', () => {
    releaseLock();
    reader.releaseLock();
  });
  return outer;
}

/** A stream that reads only when it is read. */
function passageFrom(reader: Reader): Bytes {
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** A method of this one object, hidden from whoever lists its properties. */
function define(target: object, key: PropertyKey, value: unknown): void {
  Object.defineProperty(target, key, { value, configurable: true, writable: true });
}
