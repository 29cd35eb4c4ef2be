const unsent = new WeakSet<object>();

/** Remembers an error as that of a request of which no byte left, whatever the code of its cause says. */
export function noteNeverSent<Failure extends Error>(error: Failure): Failure {
  unsent.add(error);
  return error;
}

/** Whether an error is known to be that of a request of which no byte left. */
export function isNeverSent(error: unknown): boolean {
  return unsent.has(error as object);
}
