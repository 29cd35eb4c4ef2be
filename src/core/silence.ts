/**
 * Bounds the silence while a body is read. Settles as the read does, or rejects when it took too long, also where the
 * source does not hear that it is over.
 *
 * @param silence milliseconds from asking for a chunk to its arrival.
 * @param expire called when they are over; ends the exchange and returns what the read rejects with.
 */
export function boundSilence<T>(
  read: Promise<T>,
  silence: number,
  expire: () => Error,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(expire()), silence);
    read.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
