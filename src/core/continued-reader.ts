import type { Rest } from './continuation.ts';
import { define } from './relay.ts';

type Reader = ReadableStreamDefaultReader<Uint8Array>;
type Result = Awaited<ReturnType<Reader['read']>>;
type Read = (...view: unknown[]) => Promise<Result>;

/** How far a body has come, whichever of its readers brought it there. */
export interface Course {
  /** What follows the body's own stream, once that broke off. */
  readonly rest: Rest | undefined;
  /** What there is to read where the body is over, and nothing where it is not. Throws what it failed with. */
  ended(): Result | undefined;
  /** Counts what was read of a part. Says whether it is for whoever reads: not an end that came too early, nor too much. */
  take(result: Result, rest: Rest | undefined): boolean;
  /**
   * Goes on after a part, once for all reads that failed with the same one.
   *
   * @param error what it broke off with; that of the part before, if it ended without one.
   */
  goOn(broken: Rest | undefined, error?: unknown): Promise<void> | undefined;
  /**
   * Cancels what is read now.
   *
   * @param cancelFirst cancels the body's own stream.
   * @param reader has the rest, if anybody has.
   */
  cancel(
    reason: unknown,
    cancelFirst: (reason: unknown) => Promise<void>,
    reader?: Reader,
  ): Promise<void>;
}

/**
 * The same reader, which reads on when its stream breaks off. It still is what locks the body.
 *
 * @param closed of the body, and not of its first part.
 */
export function readOn(
  reader: Reader,
  course: Course,
  closed: PromiseWithResolvers<undefined>,
): Reader {
  const first = {
    read: reader.read.bind(reader) as Read,
    cancel: reader.cancel.bind(reader),
    releaseLock: reader.releaseLock.bind(reader),
  };
  const ofBytes = !(reader instanceof ReadableStreamDefaultReader);
  reader.closed.then(() => closed.resolve(undefined), nothing);
  let locked = true;
  let following: { readonly rest: Rest; readonly reader: Reader } | undefined;

  const readerOf = (rest: Rest): Reader => {
    if (following?.rest === rest) return following.reader;
    const { body } = rest;
    const reader = (ofBytes ? body.getReader({ mode: 'byob' }) : body.getReader()) as Reader;
    following = { rest, reader };
    return reader;
  };
  const read: Read = async (...given) => {
    const renewed = renewal(given);
    for (let view = given; ; view = renewed()) {
      const end = locked ? course.ended() : undefined;
      if (end) return end;
      const { rest } = course;
      let broken: [error?: unknown] = [];
      try {
        const result = await (rest ? (readerOf(rest) as { read: Read }) : first).read(...view);
        if (course.take(result, rest) || !locked) return result;
      } catch (error) {
        if (!locked) throw error;
        broken = [error];
      }
      // of one that broke off nothing is left; of one that can't be trusted there may be
      if (rest) readerOf(rest).cancel().catch(nothing);
      await course.goOn(rest, ...broken);
      // what it goes on in is for the next reader
      if (!locked) throw released();
    }
  };
  define(reader, 'closed', closed.promise);
  define(reader, 'read', read);
  define(reader, 'cancel', (reason: unknown) => {
    if (!locked) return first.cancel(reason);
    return course.cancel(reason, first.cancel, following?.reader);
  });
  define(reader, 'releaseLock', () => {
    first.releaseLock();
    locked = false;
    following?.reader.releaseLock();
    closed.reject(released());
  });
  return reader;
}

/** A view like the one that was given to be filled, whose buffer went with the stream that failed. */
function renewal([view, options]: unknown[]): () => unknown[] {
  if (!ArrayBuffer.isView(view)) return () => [];
  const { buffer, byteOffset, byteLength } = view;
  const { length = byteLength } = view as Partial<Uint8Array>;
  const size = buffer.byteLength;
  const View = view.constructor as Uint8ArrayConstructor;
  return () => [new View(new ArrayBuffer(size), byteOffset, length), options];
}

function released(): TypeError {
  return new TypeError('The reader was released');
}

function nothing(): void {}
