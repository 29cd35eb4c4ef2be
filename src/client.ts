/// <reference lib="esnext.disposable" preserve="true" />
import { isClient, platformFetch } from './adapters/platform-fetch.ts';
import { type OpenPool, transport } from './adapters/transport.ts';
import { conclude, dressed, openContext } from './call.ts';
import { Activity } from './core/activity.ts';
import { withoutErrors } from './core/call-log.ts';
import { ClientClosedError, OptionsError } from './core/errors.ts';
import { Emitter, type EventName, type Listener } from './core/events.ts';
import { guardedRandom } from './core/guard.ts';
import { labelOf, type Outcome } from './core/outcome.ts';
import { type FetchInput, isRequest, outgoingOf } from './core/outgoing.ts';
import { type CircuitView, type OriginState, PerOrigin } from './core/per-origin.ts';
import { callEvent, type Runtime } from './core/runtime.ts';
import { hostRules } from './hosts.ts';
import {
  type CallOptions,
  type ClientOptions,
  checkCallOptions,
  checkClientOptions,
} from './options.ts';
import { type Layer, type Plan, planFor, policyOf } from './plan.ts';
import { overlay } from './policy.ts';
import { circuitOf } from './strategies/circuit.ts';

/** The init of a fetch, with one key more. */
export interface ResilientInit extends RequestInit {
  /** What this call is held to, over the host's and the client's options. */
  resilience?: CallOptions;
}

/** What a client knows of one origin. */
export interface OriginHealth {
  readonly circuit: CircuitView['state'];
  /** Milliseconds until a probe is allowed; 0 while the circuit is closed. */
  readonly retryAfter: number;
  /** Attempts and failures in the circuit's window. */
  readonly attempts: number;
  readonly failures: number;
  readonly inFlight: number;
}

/** A snapshot of a client, as plain JSON. */
export interface Health {
  readonly name: string;
  readonly inFlight: number;
  readonly origins: Readonly<Record<string, OriginHealth>>;
}

/** The circuit of one origin, for an operator's hand. */
export interface CircuitHandle {
  readonly state: CircuitView['state'];
  /** Opens it as a failure would, for `openFor`. */
  open(): void;
  /** Closes it and forgets its window. */
  close(): void;
}

/** A fetch that survives. Callable as `fetch` is, and usable wherever a `fetch` is taken. */
export interface Client {
  (input: string | URL | Request, init?: ResilientInit): Promise<Response>;
  /**
   * A client that inherits everything: options (under its own), the state of each origin, the connections. What it
   * does is also heard by this client's listeners.
   *
   * @throws OptionsError
   */
  extend(options: ClientOptions): Client;
  /**
   * Hears of every decision taken on a caller's behalf. A listener that throws changes nothing but gives the process a
   * warning. Returns what ends the listening.
   */
  on<Name extends EventName>(event: Name, listener: Listener<Name>): () => void;
  /** What the client knows now, origin by origin. */
  health(): Health;
  /** The circuit of an origin, given as a URL of it. */
  circuit(origin: string | URL): CircuitHandle;
  /**
   * Refuses further calls with a ClientClosedError, waits for those under way (they are bounded by their own deadlines),
   * and closes the connections that are the client's own; those that a response still being read holds get 10 s.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** What a client hands on to those that extend it. */
interface Inheritance {
  readonly layers: readonly Layer[];
  readonly origins: PerOrigin<OriginState>;
  readonly events: Emitter;
  readonly openPool: OpenPool | undefined;
  readonly activity: Activity;
}

/** How long connections that are still read from get, in milliseconds, before a closing client drops them. */
const grace = 10_000;

/**
 * Makes a client: a fetch with timeouts, a total deadline, retries and a circuit breaker per origin.
 *
 * @throws OptionsError if an option is unknown or wrong, with a line for each.
 */
export function createClient(options: ClientOptions = {}): Client {
  return build(options);
}

function build(given: ClientOptions, parent?: Inheritance): Client {
  const options = checkClientOptions(given);
  if (parent && options.maxOrigins !== undefined) {
    throw new OptionsError('maxOrigins: expected nothing here: the state of origins is shared');
  }
  const layers = [...(parent?.layers ?? []), { options, hosts: hostRules(options.hosts ?? {}) }];
  const last = <Key extends keyof ClientOptions>(key: Key): ClientOptions[Key] =>
    layers.findLast((layer) => layer.options[key] !== undefined)?.options[key];

  const events = new Emitter(parent?.events);
  const draw = last('random');
  const runtime: Runtime = {
    name: last('name') ?? 'default',
    events,
    random: draw ? guardedRandom(draw) : Math.random,
  };
  const origins = parent?.origins ?? openOrigins(options.maxOrigins ?? 1_000, runtime);
  const pool = options.pool ? ownPool(options.pool) : undefined;
  const openPool = options.pool === undefined ? parent?.openPool : pool?.open;
  const own = last('fetch');
  const lookUp = (href: string) => own ?? platformFetch(client, href);
  const attempt = transport(({ url }) => lookUp(url.href), openPool, runtime);
  const base = baseOf(last('baseUrl'));
  const headers = headersOf(layers);
  const plans = new WeakMap<OriginState, Plan>();
  const activity = new Activity(parent?.activity);
  let closing: Promise<void> | undefined;

  function planOf(state: OriginState, url: URL, own: CallOptions | undefined): Plan {
    let plan = plans.get(state);
    if (!plan) {
      plan = planFor(policyOf(url, layers), attempt, runtime);
      plans.set(state, plan);
    }
    return own === undefined
      ? plan
      : planFor(overlay(plan.policy, checkCallOptions(own)), attempt, runtime);
  }

  async function client(input: FetchInput, init?: ResilientInit): Promise<Response> {
    const url = isRequest(input) ? URL.parse(input.url) : URL.parse(String(input), base);
    if (!url || !/^https?:$/.test(url.protocol)) return lookUp(url?.href ?? '')(input, init);
    const target = base && typeof input === 'string' ? url.href : input;
    const { origin } = url;
    const state = origins.of(origin);
    const plan = planOf(state, url, ownOptions(init));
    const request = dressed(outgoingOf(target, init, url), headers, plan.policy);
    if (activity.closed) throw new ClientClosedError({ origin, attempts: 0 });

    const context = openContext(request, state);
    activity.begin();
    state.inFlight++;
    if (events.heard('call.started'))
      events.emit('call.started', callEvent(runtime, context, request));
    const start = performance.now();
    const { stop } = context;
    let outcome: Outcome;
    try {
      if (stop.aborted) throw stop.reason;
      outcome = { response: await plan.send(request, context) };
    } catch (error) {
      outcome = { error };
    }
    state.inFlight--;
    activity.end();

    conclude(context.log, outcome, context, performance.now() - start);
    if (events.heard('call.ended')) {
      const about = callEvent(runtime, context, request);
      const log = withoutErrors(context.log);
      events.emit('call.ended', { ...about, outcome: labelOf(outcome), log });
    }
    if (outcome.response) {
      stop.releaseAfter(outcome.response);
      return outcome.response;
    }
    stop.release();
    throw outcome.error;
  }

  async function close(): Promise<void> {
    await activity.close();
    if (!parent) for (const state of origins.values()) forget(state, runtime);
    await pool?.close(grace);
  }

  const closeOnce = () => (closing ??= close());
  isClient(client);
  return Object.assign(client, {
    extend: (more: ClientOptions) => build(more, { layers, origins, events, openPool, activity }),
    on: events.on.bind(events) as Client['on'],
    health: () => healthOf(runtime, origins, activity.underWay),
    circuit(at: string | URL): CircuitHandle {
      const url = new URL(at);
      const { circuitBreaker } = policyOf(url, layers);
      if (!circuitBreaker) throw new TypeError(`circuitBreaker is off for ${url.origin}`);
      const circuit = () => circuitOf(origins.of(url.origin), runtime);
      return {
        get state() {
          return origins.peek(url.origin)?.circuit?.state ?? 'closed';
        },
        open: () => circuit().open(circuitBreaker),
        close: () => circuit().close(),
      };
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  });
}

function openOrigins(limit: number, runtime: Runtime): PerOrigin<OriginState> {
  const { name, events } = runtime;
  const create = (origin: string): OriginState => ({ origin, inFlight: 0 });
  return new PerOrigin(limit, create, (state) => {
    forget(state, runtime);
    events.emit('circuit.forgotten', { client: name, origin: state.origin });
  });
}

/** Ends what still runs for an origin. */
function forget(state: OriginState, runtime: Runtime): void {
  if (state.circuit) circuitOf(state, runtime).dispose();
}

/** Loaded when the first attempt needs it, and not before. */
function ownPool(options: Exclude<ClientOptions['pool'], undefined | false>) {
  const settings = options === true ? {} : options;
  let opening: Promise<import('./adapters/pool.ts').Pool> | undefined;
  const open = () => {
    opening ??= import('./adapters/pool.ts').then(({ openPool }) => openPool(settings));
    return opening;
  };
  return {
    open: async () => (await open()).dispatcher,
    close: async (patience: number) => (await opening)?.close(patience),
  };
}

/** The folder that relative inputs are in. */
function baseOf(baseUrl: string | undefined): string | undefined {
  if (baseUrl === undefined) return undefined;
  const base = new URL(baseUrl);
  if (!base.pathname.endsWith('/')) base.pathname += '/';
  return base.href;
}

function headersOf(layers: readonly Layer[]): Headers | undefined {
  const all = layers.flatMap(({ options }) => Object.entries(options.headers ?? {}));
  if (all.length === 0) return undefined;
  const headers = new Headers();
  for (const [name, value] of all) headers.set(name, value);
  return headers;
}

function healthOf({ name }: Runtime, origins: PerOrigin<OriginState>, inFlight: number): Health {
  const known = [...origins.values()].map((state): [string, OriginHealth] => {
    const { circuit } = state;
    const { attempts, failures } = circuit?.totals ?? { attempts: 0, failures: 0 };
    return [
      state.origin,
      {
        circuit: circuit?.state ?? 'closed',
        retryAfter: circuit?.retryAfter ?? 0,
        attempts,
        failures,
        inFlight: state.inFlight,
      },
    ];
  });
  return { name, inFlight, origins: Object.fromEntries(known) };
}

/** Its own, and not what somebody has written to `Object.prototype`. */
function ownOptions(init: ResilientInit | undefined): CallOptions | undefined {
  return init && Object.hasOwn(init, 'resilience') ? init.resilience : undefined;
}
