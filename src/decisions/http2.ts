/** REFUSED_STREAM, by RFC 9113, section 7. */
const refusedStream = 7;

/**
 * Whether an HTTP/2 server said that it did nothing about the request, which then may be sent again whatever its method
 * (RFC 9113, section 8.7): it refused the stream, or took leave with a GOAWAY that names an earlier one as its last.
 */
export function isUnprocessed(link: object): boolean {
  const { code, http2ErrorCode } = link as { code?: unknown; http2ErrorCode?: unknown };
  return code === 'ERR_HTTP2_STREAM_ERROR' ? http2ErrorCode === refusedStream : isLeave(link);
}

/**
 * Whether a server took leave in good order, as each does of a connection that has carried enough, or when it is reloaded.
 * undici (8.2 to 8.12) gives a request this error only where the GOAWAY had no error of its own and excluded the request.
 */
export function isLeave(link: object): boolean {
  const { code, message } = link as { code?: unknown; message?: unknown };
  if (code !== 'UND_ERR_INFO' || typeof message !== 'string') return false;
  return message.startsWith('HTTP/2: "GOAWAY" frame received');
}
