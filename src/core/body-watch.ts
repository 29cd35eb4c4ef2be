import { type BodyWatch, giveAccess, Reading, readings, type Through } from './reading.ts';
import { define, iterate, passageFrom, relayed } from './relay.ts';

/**
 * Watches how a body is read, and leaves the Response what it is: the platform's own object, neither wrapped nor rebuilt.
 * Every way of reading a body (`json()` and its like, a reader, iteration, piping, `clone`, Node's `Readable.fromWeb`)
 * comes down to a reader of its one stream, so it is enough to watch that stream's readers and to lead the ways that the
 * platform takes inside, past `getReader`, to them.
 *
 * A body may have several watches; the first stands closest to it.
 *
 * @returns whether there is anything to watch: not for a response without a body, or with one that somebody is reading
 * already, or one that is no stream of the web (a fetch that is not the platform's may give anything).
 */
export function watchBody(response: Response, watch: BodyWatch): boolean {
  const { body } = response;
  if (!body || body.locked || typeof body.getReader !== 'function') return false;
  const known = readings.get(body);
  if (known) known.add(watch);
  else watchStream(body, watch);
  follow(response);
  return true;
}

/**
 * Has a body be read through something that stands between its stream and whoever reads it. It stands around the watches
 * that the body has: what they do to a read is done to the stream's own.
 *
 * @returns whether there is a body to read, as with `watchBody`.
 */
export function readThrough(response: Response, through: Through): boolean {
  const { body } = response;
  if (!body || body.locked || typeof body.getReader !== 'function') return false;
  watchStream(body, {}, through);
  follow(response);
  return true;
}

type Bytes = ReadableStream<Uint8Array>;
type Reader = ReadableStreamDefaultReader<Uint8Array>;

const followed = new WeakSet<Response>();

/** Goes with a Response through its clones, and knows when it is lost. */
function follow(response: Response): void {
  giveAccess(response, response.body);
  if (followed.has(response)) return;
  followed.add(response);
  const clone = response.clone.bind(response);
  define(response, 'clone', () => {
    const { body } = response;
    const copy = clone();
    const known = copy.body && readings.has(copy.body);
    // since Node 26 the platform does not ask the stream itself for its branches
    const layers = body && !known ? [...layersOf(readings.get(body))] : [];
    for (const reading of layers.reverse()) fork(reading, [response.body, copy.body]);
    follow(response);
    follow(copy);
    return copy;
  });
}

/** Both branches are read as the stream was: it is over when one of them is, and left when both are. */
function fork(reading: Reading, branches: readonly (Bytes | null)[]): void {
  reading.lock();
  let readable = branches.length;
  const ended = (finished: boolean) => {
    if (finished || --readable === 0) reading.end(finished);
  };
  const watch: BodyWatch = {
    around: (read) => reading.around(read),
    ended: reading.tracked ? ended : undefined,
  };
  for (const branch of branches) if (branch) watchStream(branch, watch, reading.through?.fork());
}

/** What is known of the reading of a stream, the outermost first. */
function* layersOf(reading: Reading | undefined): Generator<Reading> {
  for (let layer = reading; layer; layer = layer.within) yield layer;
}

function watchStream(stream: Bytes, watch: BodyWatch, through?: Through): void {
  const reading = new Reading(watch, through, readings.get(stream));
  readings.set(stream, reading);
  const getReader = stream.getReader.bind(stream) as (...options: unknown[]) => Reader;
  const tee = stream.tee.bind(stream);
  const cancel = stream.cancel.bind(stream);
  const lock = (...options: unknown[]) => {
    const reader = getReader(...options);
    return watchReader(through ? through.over(reader) : reader, reading);
  };
  define(stream, 'getReader', (...options: unknown[]) => {
    const reader = lock(...options);
    return reader instanceof ReadableStreamDefaultReader
      ? relayed(reader, reading.tracked)
      : reader;
  });
  define(stream, 'cancel', (reason: unknown) => {
    if (stream.locked) return cancel(reason);
    reading.end(false);
    return through ? through.cancel(reason, cancel) : cancel(reason);
  });
  define(stream, 'tee', () => {
    const branches = tee();
    fork(reading, branches);
    for (const branch of branches) giveAccess(branch, branch);
    return branches;
  });
  const values = (options?: { preventCancel?: boolean }) =>
    iterate(lock(), reading.tracked, options);
  define(stream, 'values', values);
  define(stream, Symbol.asyncIterator, values);
  define(stream, 'pipeTo', async (...to: Parameters<Bytes['pipeTo']>) => {
    const reader = lock();
    await passageFrom(reader, reading.tracked)
      .pipeTo(...to)
      .finally(() => reader.releaseLock());
  });
  define(stream, 'pipeThrough', (...through: Parameters<Bytes['pipeThrough']>) =>
    passageFrom(lock(), reading.tracked).pipeThrough(...through),
  );
}

/** The same reader, whose reads stand under watch and whose end is told. */
function watchReader(reader: Reader, reading: Reading): Reader {
  const read = reader.read.bind(reader) as (...views: unknown[]) => Promise<unknown>;
  const cancel = reader.cancel.bind(reader);
  const releaseLock = reader.releaseLock.bind(reader);
  let locked = true;
  reading.lock();
  const over = () => reading.end(true);
  reader.closed.then(over, () => locked && over());
  define(reader, 'read', (...views: unknown[]) => bounded(read(...views), reading));
  define(reader, 'cancel', (reason: unknown) => {
    if (locked) reading.end(false);
    return cancel(reason);
  });
  define(reader, 'releaseLock', () => {
    releaseLock();
    if (locked) reading.release();
    locked = false;
  });
  return reader;
}

/** A read that is given up before it settles is the body's failure, also where its source does not hear of that. */
function bounded<T>(read: Promise<T>, reading: Reading): Promise<T> {
  const guarded = reading.around(read);
  if (guarded === read) return read;
  let settled = false;
  const settle = () => {
    settled = true;
  };
  read.then(settle, settle);
  return guarded.catch((error: unknown) => {
    if (!settled) reading.end(true);
    throw error;
  });
}
