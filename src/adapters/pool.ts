import { createRequire } from 'node:module';
import type { Dispatcher, interceptors } from 'undici';
import { codeOf } from '../core/outcome.ts';

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
export interface Pool {
  /** What fetch takes as `dispatcher`. */
  readonly dispatcher: unknown;
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
  const { proxy } = settings;
  const options = agentOptions(settings);
  const base =
    typeof proxy === 'string'
      ? new undici.ProxyAgent({ uri: proxy, ...options })
      : new (proxy ? undici.EnvHttpProxyAgent : undici.Agent)(options);

  const { dns, deduplicate, cache } = settings;
  const chosen = { dns, deduplicate, cache };
  const wanted: Dispatcher.DispatcherComposeInterceptor[] = [];
  for (const name of ['dns', 'deduplicate', 'cache'] as const) {
    const choice = chosen[name];
    if (choice) wanted.push(interceptorOf(undici.interceptors[name], choice));
  }
  if (deduplicate) wanted.push(asLostConnection);
  const dispatcher = new undici.Dispatcher1Wrapper(base.compose(wanted));

  return {
    dispatcher,
    async close(patience) {
      const timer = setTimeout(() => base.destroy(), patience);
      try {
        await base.close();
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/**
 * Whoever aborts a coalesced request ends it for all who share it. To them it is a connection that was lost, and is told
 * as one, so that they try again by themselves.
 */
const asLostConnection: Dispatcher.DispatcherComposeInterceptor =
  (dispatch) => (options, handler) => {
    const { onRequestStart, onResponseError } = handler;
    let own = false;
    handler.onRequestStart = (controller, context) => {
      const abort = controller.abort.bind(controller);
      controller.abort = (reason) => {
        own = true;
        abort(reason);
      };
      onRequestStart?.call(handler, controller, context);
    };
    handler.onResponseError = (controller, error) => {
      const lost = own || codeOf(error) ? error : lostConnection(error);
      onResponseError?.call(handler, controller, lost);
    };
    return dispatch(options, handler);
  };

function lostConnection(cause: unknown): Error {
  const message = 'The request that this one was coalesced with was aborted';
  return Object.assign(new Error(message, { cause }), { code: 'UND_ERR_SOCKET' });
}

/** The settings by undici's names. A connection through a proxy has three names for its options, one for each leg. */
function agentOptions(settings: PoolSettings): object {
  const { connections, pipelining, keepAliveTimeout, connectTimeout: timeout, proxy } = settings;
  const own = settings.agent as Record<string, object | undefined> | undefined;
  const legs = proxy ? ['connect', 'proxyTls', 'requestTls'] : ['connect'];
  const connectors = legs
    .filter((leg) => timeout !== undefined && typeof own?.[leg] !== 'function')
    .map((leg) => [leg, { ...own?.[leg], timeout }] as const);
  return {
    ...defined({ connections, pipelining, keepAliveTimeout }),
    ...own,
    ...Object.fromEntries(connectors),
  };
}

type Make = (typeof interceptors)['dns' | 'deduplicate' | 'cache'];

function interceptorOf(make: Make, choice: true | object): Dispatcher.DispatcherComposeInterceptor {
  return make(choice === true ? {} : choice);
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
