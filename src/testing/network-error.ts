import { getSystemErrorMap } from 'node:util';

/** What a system call or undici says of a failure, as an Error has it. */
interface Cause {
  readonly message: string;
  readonly name?: string;
  readonly [detail: string]: unknown;
}

/** What undici calls its own errors, and says in them. */
const undici: Readonly<Record<string, (host: string) => Cause>> = {
  UND_ERR_SOCKET: () => ({ name: 'SocketError', message: 'other side closed' }),
  UND_ERR_CONNECT_TIMEOUT: (host) => ({
    name: 'ConnectTimeoutError',
    message: `Connect Timeout Error (attempted address: ${host}, timeout: 10000ms)`,
  }),
  UND_ERR_HEADERS_TIMEOUT: () => ({
    name: 'HeadersTimeoutError',
    message: 'Headers Timeout Error',
  }),
  UND_ERR_BODY_TIMEOUT: () => ({ name: 'BodyTimeoutError', message: 'Body Timeout Error' }),
};

/** Those of getaddrinfo, which has numbers of its own; they are libuv's, the same on every platform. */
const lookups: Readonly<Record<string, number>> = { ENOTFOUND: -3008, EAI_AGAIN: -3001 };

const inExchange: Readonly<Record<string, string>> = { ECONNRESET: 'read', EPIPE: 'write' };

/**
 * An error of the network as the platform's fetch throws it: `TypeError: fetch failed`, whose cause has the `code` and
 * whatever else Node or undici tell with it. For a double of `fetch` that fails.
 *
 * @param url where the request would have gone.
 */
export function networkError(code: string, url: string | URL = 'http://localhost/'): TypeError {
  const { hostname, port, protocol } = new URL(url);
  const at = Number(port || (protocol === 'https:' ? 443 : 80));
  return failure('fetch failed', code, hostname, at);
}

/** How a body ends whose connection broke: the platform says `terminated` where the headers were there already. */
export function terminated(): TypeError {
  return failure('terminated', 'UND_ERR_SOCKET', '', 0);
}

function failure(message: string, code: string, host: string, port: number): TypeError {
  const { message: said, ...details } = causeOf(code, host, port);
  return new TypeError(message, { cause: Object.assign(new Error(said), details) });
}

function causeOf(code: string, host: string, port: number): Cause {
  const own = undici[code];
  if (own) return { ...own(`${host}:${port}`), code };
  const lookup = lookups[code];
  if (lookup !== undefined) {
    const details = { errno: lookup, code, syscall: 'getaddrinfo', hostname: host };
    return { message: `getaddrinfo ${code} ${host}`, ...details };
  }
  const errno = numberOf(code);
  if (errno === undefined) return { message: code, code };
  const syscall = inExchange[code];
  if (syscall) return { message: `${syscall} ${code}`, errno, code, syscall };
  const details = { errno, code, syscall: 'connect', address: host, port };
  return { message: `connect ${code} ${host}:${port}`, ...details };
}

function numberOf(code: string): number | undefined {
  for (const [number, [name]] of getSystemErrorMap()) if (name === code) return number;
  return undefined;
}
