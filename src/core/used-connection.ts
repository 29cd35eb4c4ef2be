const used = new WeakSet<object>();

/** Remembers an error as the end of a connection that had been answered on before, where the error does not say so itself. */
export function noteUsedConnection(error: object): void {
  used.add(error);
}

/** Whether an error is the end of a connection that something had come from: undici's `SocketError` tells of its socket. */
export function isOfUsedConnection(error: object): boolean {
  const { code, socket } = error as {
    readonly code?: unknown;
    readonly socket?: { readonly bytesRead?: unknown } | null;
  };
  return used.has(error) || (code === 'UND_ERR_SOCKET' && Number(socket?.bytesRead) > 0);
}
