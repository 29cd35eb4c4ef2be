import type { Socket } from 'node:net';
import { noteUsedConnection } from '../core/used-connection.ts';

/** Opens one connection. */
type Connect = (place: Place, done: (error: Error | null, socket: Socket | null) => void) => Socket;

interface Place {
  readonly hostname: string;
  readonly port: string;
}

/** As much of undici as connections are opened with. */
export interface Connecting {
  readonly build: (options: object) => Connect;
  /** The error of a connection that took too long, which says that nothing was sent. */
  readonly expired: (message: string) => Error;
}

/** As much of an Agent's options as is looked at here. */
export interface AgentOptions {
  readonly connectTimeout?: number | undefined;
  readonly allowH2?: boolean | undefined;
  readonly connect?: unknown;
}

/** Of an Agent's options, those that are about the making of a connection. */
const connectorOptions = new Set([
  ...['allowH2', 'preferH2', 'maxCachedSessions', 'socketPath', 'useH2c'],
  ...['autoSelectFamily', 'autoSelectFamilyAttemptTimeout'],
]);

/**
 * What opens the connections of an Agent: what undici makes of the same options, with a clock of our own, as undici's timers
 * are coarse and end a connection half a second late. A function of the caller's is used as it is.
 */
export function connectorFor(options: AgentOptions, { build, expired }: Connecting): unknown {
  const { connect, connectTimeout = 10_000 } = options;
  if (typeof connect === 'function') return connect;
  const about = Object.entries(options).filter(
    ([name, value]) => connectorOptions.has(name) && value !== undefined,
  );
  const { timeout = connectTimeout, ...own } = Object(connect) as { readonly timeout?: number };
  const open = noting(build({ ...Object.fromEntries(about), ...own, timeout: 0 }));
  return timeout === 0 ? open : punctual(open, timeout, expired);
}

/** Notes of what breaks a connection whether it had been answered on: of a reset, undici does not tell. */
function noting(connect: Connect): Connect {
  return (place, done) =>
    connect(place, (error, socket) => {
      socket?.once('error', (broken) => {
        if (socket.bytesRead > 0) noteUsedConnection(broken);
      });
      done(error, socket);
    });
}

function punctual(connect: Connect, milliseconds: number, expired: Connecting['expired']): Connect {
  return (place, done) => {
    const clear = () => clearTimeout(timer);
    const socket = connect(place, (error, opened) => {
      clear();
      done(error, opened);
    });
    const { hostname, port } = place;
    const timer = setTimeout(() => {
      const about = `attempted address: ${hostname}:${port}, timeout: ${milliseconds}ms`;
      socket.destroy(expired(`Connect Timeout Error (${about})`));
    }, milliseconds);
    timer.unref();
    socket.once('close', clear);
    return socket;
  };
}
