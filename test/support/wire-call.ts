/** Retries at once, or nearly, so that no test waits for a backoff that it does not measure. */
export const quick = { retry: { backoff: { base: 1, cap: 5 } } } as const;

/** The init of a request whose body can be sent only once. */
export function streamed(method: string, body: unknown): RequestInit {
  return { method, body: body as ReadableStream, duplex: 'half' };
}

/** What a piece of work rejects with. */
export async function rejection(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (reason) {
    return reason;
  }
  throw new Error('expected a rejection');
}

/** The code that fetch leaves on the cause of its TypeError. */
export function causeCode(error: unknown): unknown {
  return (error as { cause?: { code?: unknown } }).cause?.code;
}

/** Waits for what is about to happen, and fails where it does not within 2 s. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 2_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited 2,000 ms in vain: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
