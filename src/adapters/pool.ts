import { createRequire } from 'node:module';
import type { Dispatcher, interceptors } from 'undici';

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
  const { connections, pipelining, keepAliveTimeout, connectTimeout, proxy, agent } = settings;
  const options = defined({ connections, pipelining, keepAliveTimeout, connectTimeout, ...agent });
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
    if (choice && name === 'deduplicate') wanted.push(apart);
  }
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

/** How one of the calls that share a request leaves it. */
class Leaving extends Error {
  readonly reason: Error;

  constructor(reason: Error) {
    super('A call that shared this request was aborted');
    this.reason = reason;
  }
}

const passedOn = [
  ...['onRequestUpgrade', 'onResponseData', 'onResponseEnd'],
  ...['onBodySent', 'onRequestSent', 'onResponseStarted'],
];

/**
 * undici's coalescing ends a shared request for all when the call that began it is aborted. Here the others ask again, and
 * so share the next one; once its headers are there, an answer can't be asked for again.
 */
function apart(dispatch: Dispatcher.Dispatch): Dispatcher.Dispatch {
  return function ask(options, handler) {
    const methods = handler as unknown as Record<
      string,
      ((...given: unknown[]) => void) | undefined
    >;
    let left = false;
    let started = false;
    return dispatch(options, {
      ...Object.fromEntries(
        passedOn.map((key) => [
          key,
          (...given: unknown[]) => methods[key]?.call(handler, ...given),
        ]),
      ),
      onRequestStart(controller, context) {
        const abort = controller.abort.bind(controller);
        controller.abort = (reason) => {
          left = true;
          abort(new Leaving(reason));
        };
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart(...given) {
        started = true;
        handler.onResponseStart?.(...given);
      },
      onResponseError(controller, error) {
        if (!(error instanceof Leaving)) handler.onResponseError?.(controller, error);
        else if (left || started) handler.onResponseError?.(controller, error.reason);
        else ask(options, handler);
      },
    });
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
