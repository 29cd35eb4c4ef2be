/** Bytes of a body that a system takes whole, with the headers before them, where nothing else waits to be sent. */
const atOnce = 8 * 1024;

/**
 * Whether what failed was the writing of a request itself, and nothing was written before: all of a small one goes out at
 * once, or none of it. It is how a connection ends that the server had closed before.
 */
export function isUnwritten(error: unknown, content: unknown): boolean {
  const isSmall = content === null || (content instanceof Uint8Array && content.length < atOnce);
  return isSmall && (error as Partial<NodeJS.ErrnoException> | null)?.syscall === 'write';
}
