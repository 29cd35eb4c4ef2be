import { createRequire } from 'node:module';
import type { Dispatcher, interceptors } from 'undici';
import { openWire } from '../wire/send.ts';
import { insideCache, outsideCache } from './cached-request.ts';
import { type AgentOptions, type Connecting, connectorFor } from './connector.ts';
import { oneLength } from './one-length.ts';
import { OpenRequests } from './open-requests.ts';
import type { Interceptor } from './relay.ts';
import { apart } from './shared-request.ts';
import type { Connections } from './transport.ts';

/** Settings of a client's own connections, by the names of the options. */
export interface PoolSettings {
  readonly connections?: number | undefined;
  readonly connectTimeout?: number | undefined;
  readonly keepAliveTimeout?: number | undefined;
  readonly pipelining?: number | undefined;
  readonly proxy?: string | boolean | undefined;
  readonly dns?: boolean | object | undefined;
  readonly cache?: boolean | object | undefined;
  readonly deduplicate?: boolean | object | undefined;
  readonly agent?: object | undefined;
}

/** Connections of a client's own. */
export interface Pool extends Connections {
  /** Waits for what is in flight, for so many milliseconds at most, then drops it. */
  close(patience: number): Promise<void>;
}

/**
 * Opens an undici Agent with the interceptors that were asked for. The platform's fetch speaks the handler protocol of
 * the undici it was built with (6 on Node 22, 7 on Node 24), so the agent is handed over behind undici's own adapter to
 * the old protocol, which every version takes. Without it Node 22 and 24 hang or fail with "invalid onRequestStart".
 */
export function openPool(settings: PoolSettings): Pool {
  const undici = loadUndici();
  const { connections, pipelining, keepAliveTimeout, connectTimeout, proxy, agent } = settings;
  const own = { connections, pipelining, keepAliveTimeout, connectTimeout };
  const given: AgentOptions = { ...own, allowH2: false, ...agent };
  const connecting = {
    build: undici.buildConnector as unknown as Connecting['build'],
    expired: (message: string) => new undici.errors.ConnectTimeoutError(message),
  };
  const options = defined(proxy ? given : { ...given, connect: connectorFor(given, connecting) });
  const base =
    typeof proxy === 'string'
      ? new undici.ProxyAgent({ uri: proxy, ...options })
      : new (proxy ? undici.EnvHttpProxyAgent : undici.Agent)(options);

  const { dns, deduplicate, cache } = settings;
  const open = new OpenRequests();
  const wanted: Interceptor[] = [oneLength, open.intercept];
  if (given.allowH2) wanted.push(anyProtocol);
  if (dns) wanted.push(interceptorOf(undici.interceptors.dns, dns));
  if (deduplicate) wanted.push(interceptorOf(undici.interceptors.deduplicate, deduplicate), apart);
  if (cache) {
    wanted.push(insideCache, interceptorOf(undici.interceptors.cache, cache), outsideCache);
  }
  const composed = base.compose(wanted as Dispatcher.DispatcherComposeInterceptor[]);
  const dispatcher = new undici.Dispatcher1Wrapper(composed);

  return {
    dispatcher,
    wire: openWire(
      (options, handler) =>
        composed.dispatch(
          options as Dispatcher.DispatchOptions,
          handler as Dispatcher.DispatchHandler,
        ),
      isFresh(settings),
    ),
    async close(patience) {
      const timer = setTimeout(() => open.abort(new Error('The client was closed')), patience);
      try {
        await base.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * Whether what a body is told in was just read from a socket, and nobody else has it. A cache keeps it, coalesced calls
 * share it, and what a function of the caller's makes of connections may give anything.
 */
function isFresh({ cache, deduplicate, agent }: PoolSettings): boolean {
  const isForeign = Object.values(agent ?? {}).some((value) => typeof value === 'function');
  return !cache && !deduplicate && !isForeign;
}

/**
 * The adapter to the old protocol takes HTTP/2 from every request, for the sake of WebSockets (undici's #4990). One that was
 * asked for is given back: no request of a fetch is an upgrade.
 */
const anyProtocol: Interceptor = (dispatch) => (options, handler) => {
  const { allowH2: _, ...rest } = options as { allowH2?: boolean };
  return dispatch(rest, handler);
};

type Make = (typeof interceptors)['dns' | 'deduplicate' | 'cache'];

function interceptorOf(make: Make, choice: true | object): Interceptor {
  return make(choice === true ? {} : choice) as unknown as Interceptor;
}

/**
 * undici makes itself the process's global dispatcher when it is loaded. What the platform's fetch had there (it has
 * something once one of its classes was used) is put back in the same tick.
 */
function loadUndici(): typeof import('undici') {
  void new Headers();
  const slots = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
  const globals = globalThis as unknown as Record<symbol, unknown>;
  const before = slots.map((slot) => globals[slot]);
  const undici = createRequire(import.meta.url)('undici');
  slots.forEach((slot, index) => {
    if (before[index] !== undefined) globals[slot] = before[index];
  });
  return undici;
}

function defined(options: object): object {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
