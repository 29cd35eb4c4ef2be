/** Bytes of a body that a system takes whole, with the headers before them, where nothing else waits to be sent. */
const atOnce = 8 * 1024;

/**
 * Whether what failed was the writing of a request itself, and nothing was written before: all of a small one goes out at
 * once, or none of it. It is how a connection ends that the server had closed before. Not so over HTTP/2, where a request
 * is written in several parts, on a connection that others write to.
 */
export function isUnwritten(error: unknown, content: unknown): boolean {
  const isSmall = content === null || (content instanceof Uint8Array && content.length < atOnce);
  const { syscall, http2ErrorCode } = Object(error) as WriteError;
  return isSmall && syscall === 'write' && http2ErrorCode === undefined;
}

interface WriteError {
  readonly syscall?: string;
  /** What undici adds to the error of a stream of HTTP/2. */
  readonly http2ErrorCode?: number;
}
