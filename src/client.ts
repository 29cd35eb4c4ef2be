/// <reference lib="esnext.disposable" preserve="true" />
import { isClient, platformFetch } from './adapters/platform-fetch.ts';
import { type OpenPool, transport } from './adapters/transport.ts';
import { conclude, dressed, openContext } from './call.ts';
import { Activity } from './core/activity.ts';
import { withoutErrors } from './core/call-log.ts';
import type { Context } from './core/context.ts';
import { ClientClosedError, isRefusal } from './core/errors.ts';
import { Emitter, type EventName, type Listener } from './core/events.ts';
import { guardedRandom } from './core/guard.ts';
import { labelOf, type Outcome } from './core/outcome.ts';
import { type FetchInput, isRequest, type Outgoing, outgoingOf } from './core/outgoing.ts';
import { type CircuitView, type OriginState, PerOrigin } from './core/per-origin.ts';
import type { Send } from './core/pipeline.ts';
import type { Endpoint } from './core/route.ts';
import { callEvent, type Runtime } from './core/runtime.ts';
import { type Health, healthOf, type OriginHealth } from './health.ts';
import { Levels } from './levels.ts';
import { type CallOptions, type ClientOptions, checkCallOptions } from './options.ts';
import { type Plan, planFor } from './plan.ts';
import { overlay, type Policy } from './policy.ts';
import { circuitOf } from './strategies/circuit.ts';
import { type Targets, targetsOf } from './targets.ts';

/** The init of a fetch, with one key more. */
export interface ResilientInit extends RequestInit {
  /** What this call is held to, over the host's and the client's options. */
  resilience?: CallOptions;
}

/** The circuit of one origin, for an operator's hand. */
export interface CircuitHandle {
  readonly state: CircuitView['state'];
  /** Opens it as a failure would, for `openFor`. */
  open(): void;
  /** Holds it open, without a probe, until it is closed by hand: for an origin that is not to be called for now. */
  isolate(): void;
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
  /**
   * Changes options while calls run: those given replace those of the same names, the others stay, and `undefined` takes
   * one back to what it was without. Calls under way keep what they began with; circuits, budgets and slots keep what they
   * know. `name`, `pool`, `maxOrigins` and `random` can't be changed. Nothing is changed where an option is wrong.
   *
   * @throws OptionsError
   */
  reconfigure(options: ClientOptions): void;
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
  readonly levels: Levels;
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

/** What the options come to, until one of them is changed. */
interface Settings {
  readonly revision: number;
  readonly lookUp: (href: string) => typeof globalThis.fetch;
  readonly attempt: Send;
  readonly headers: Headers | undefined;
  readonly targets: Targets;
  readonly policyOf: (url: URL) => Policy;
  readonly plans: WeakMap<OriginState, Plan>;
}

function build(given: ClientOptions, parent?: Inheritance): Client {
  const levels = new Levels(given, parent?.levels);
  const events = new Emitter(parent?.events);
  const draw = levels.last('random');
  const runtime: Runtime = {
    name: levels.last('name') ?? 'default',
    events,
    random: draw ? guardedRandom(draw) : Math.random,
  };
  const origins = parent?.origins ?? openOrigins(levels.own.maxOrigins ?? 1_000, runtime);
  const stateOf = (origin: string) => origins.of(origin);
  const pool = levels.own.pool ? ownPool(levels.own.pool) : undefined;
  const openPool = levels.own.pool === undefined ? parent?.openPool : pool?.open;
  const activity = new Activity(parent?.activity);
  let current = settingsNow();
  let closing: Promise<void> | undefined;

  function settingsNow(): Settings {
    const own = levels.last('fetch');
    const lookUp = (href: string) => own ?? platformFetch(client, href);
    return {
      revision: levels.revision,
      lookUp,
      attempt: transport(({ url }) => lookUp(url.href), openPool, runtime),
      headers: headersOf(levels.all('headers')),
      targets: targetsOf({ baseUrl: levels.last('baseUrl'), endpoints: levels.last('endpoints') }),
      policyOf: levels.policies(),
      plans: new WeakMap(),
    };
  }

  function settings(): Settings {
    if (current.revision !== levels.revision) current = settingsNow();
    return current;
  }

  function planOf(now: Settings, state: OriginState, url: URL, own: CallOptions | undefined): Plan {
    const { plans, targets, policyOf, attempt } = now;
    let plan = plans.get(state);
    if (plan && own === undefined) return plan;
    const planned = (policy: Policy, own?: CallOptions) => {
      const sendAt = ({ state, url }: Endpoint) => planOf(now, state, url, own).sendAttempt;
      return planFor(policy, attempt, runtime, targets.several ? sendAt : undefined);
    };
    if (!plan) {
      plan = planned(policyOf(url));
      plans.set(state, plan);
    }
    return own === undefined ? plan : planned(overlay(plan.policy, own), own);
  }

  async function client(input: FetchInput, init?: ResilientInit): Promise<Response> {
    const now = settings();
    const { targets } = now;
    const url = isRequest(input) ? URL.parse(input.url) : targets.urlOf(String(input));
    if (!url || !/^https?:$/.test(url.protocol)) return now.lookUp(url?.href ?? '')(input, init);
    const { origin } = url;
    const state = origins.of(origin);
    const own = ownOptions(init);
    const plan = planOf(now, state, url, own === undefined ? own : checkCallOptions(own));
    const target = targets.resolves && typeof input === 'string' ? url.href : input;
    const request = dressed(outgoingOf(target, init, url), now.headers, plan.policy);
    if (activity.closed) throw new ClientClosedError({ origin, attempts: 0 });

    const relative = targets.several && !isRequest(input);
    const route = relative ? targets.routeOf(String(input), stateOf) : undefined;
    const context = openContext(request, state, route);
    activity.begin();
    if (!route) state.inFlight++;
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
    if (!route) state.inFlight--;
    activity.end();

    conclude(outcome, context, performance.now() - start, plan.policy);
    announce(outcome, context, request);
    if (outcome.response) {
      stop.releaseAfter(outcome.response);
      return outcome.response;
    }
    stop.release();
    throw outcome.error;
  }

  function announce(outcome: Outcome, context: Context, request: Outgoing): void {
    if (isRefusal(outcome.error) && events.heard('call.refused')) {
      const { code } = outcome.error;
      events.emit('call.refused', { ...callEvent(runtime, context, request), code });
    }
    if (events.heard('call.ended')) {
      const about = callEvent(runtime, context, request);
      const log = withoutErrors(context.log);
      events.emit('call.ended', { ...about, outcome: labelOf(outcome), log });
    }
  }

  function health(): Health {
    const known = [...origins.values()].map((state): [string, OriginHealth] => {
      return [state.origin, healthOf(state, levels.policyOf(new URL(state.origin)))];
    });
    return { name: runtime.name, inFlight: activity.underWay, origins: Object.fromEntries(known) };
  }

  async function close(): Promise<void> {
    await activity.close();
    if (!parent) for (const state of origins.values()) forget(state, runtime);
    await pool?.close(grace);
  }

  const closeOnce = () => (closing ??= close());
  isClient(client);
  return Object.assign(client, {
    extend: (more: ClientOptions) => build(more, { levels, origins, events, openPool, activity }),
    reconfigure: (changed: ClientOptions) => levels.change(changed),
    on: events.on.bind(events) as Client['on'],
    health,
    circuit(at: string | URL): CircuitHandle {
      const url = new URL(at);
      const rule = () => {
        const { circuitBreaker } = levels.policyOf(url);
        if (!circuitBreaker) throw new TypeError(`circuitBreaker is off for ${url.origin}`);
        return circuitBreaker;
      };
      rule();
      const circuit = () => circuitOf(origins.of(url.origin), runtime);
      return {
        get state() {
          return origins.peek(url.origin)?.circuit?.state ?? 'closed';
        },
        open: () => circuit().open(rule()),
        isolate: () => circuit().isolate(rule()),
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

function headersOf(all: readonly Readonly<Record<string, string>>[]): Headers | undefined {
  const entries = all.flatMap((headers) => Object.entries(headers));
  if (entries.length === 0) return undefined;
  const headers = new Headers();
  for (const [name, value] of entries) headers.set(name, value);
  return headers;
}

/** Its own, and not what somebody has written to `Object.prototype`. */
function ownOptions(init: ResilientInit | undefined): CallOptions | undefined {
  return init && Object.hasOwn(init, 'resilience') ? init.resilience : undefined;
}
