/// <reference lib="esnext.disposable" preserve="true" />
import { ownPool } from './adapters/own-pool.ts';
import { isClient, platformFetch } from './adapters/platform-fetch.ts';
import { isTelling, Telemetry, tells } from './adapters/telemetry.ts';
import { type HopGuard, type OpenPool, transport } from './adapters/transport.ts';
import { announce, conclude, dressed, openContext } from './call.ts';
import { Activity } from './core/activity.ts';
import type { Answer } from './core/answer.ts';
import type { CallObserver, Context } from './core/context.ts';
import { ClientClosedError, ResilienceError } from './core/errors.ts';
import { Emitter, type EventName, type Listener } from './core/events.ts';
import { guardedRandom } from './core/guard.ts';
import { httpOrigin } from './core/http-origin.ts';
import { ambientNow } from './core/inside.ts';
import { observed } from './core/observer.ts';
import type { Outcome } from './core/outcome.ts';
import { type FetchInput, isRequest, type Outgoing, outgoingOf } from './core/outgoing.ts';
import type { OriginState, PerOrigin } from './core/per-origin.ts';
import { compose, type Send, type Strategy } from './core/pipeline.ts';
import { callEvent, type Runtime } from './core/runtime.ts';
import { stoppable } from './core/stop.ts';
import { describe } from './describe.ts';
import { type Health, healthOfAll } from './health.ts';
import { Levels } from './levels.ts';
import type { CallOptions, ClientOptions } from './options.ts';
import { type CircuitHandle, circuitHandle, forget, openOrigins } from './origins.ts';
import { type OwnHeaders, ownHeaders } from './own-headers.ts';
import { Plans } from './plans.ts';
import { RecentOptions } from './recent-options.ts';
import { type Targets, targetsOf } from './targets.ts';

/** What is undefined in an init says nothing. Libraries count on that (tRPC's types do), and the most exact compilers forbid it. */
type LenientInit = { [Key in keyof RequestInit]?: RequestInit[Key] | undefined };

/** The init of a fetch, with one key more. */
export interface ResilientInit extends LenientInit {
  /** What this call is held to, over the host's and the client's options. */
  resilience?: CallOptions | undefined;
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
   * know. `name`, `pool`, `telemetry`, `maxOrigins` and `random` can't be changed. Nothing is changed where an option is wrong.
   *
   * @throws OptionsError
   */
  reconfigure(options: ClientOptions): void;
  /** What the client knows now, origin by origin. */
  health(): Health;
  /**
   * What is done with calls to an origin (that of the base URL, where none is given, or any), in words: each strategy,
   * outermost first, with its figures and who set them, what is off, and how it stands with the origin now. For people:
   * its wording may change.
   */
  describe(origin?: string | URL): string;
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
  /** The name of the client that all were extended from. */
  readonly family: string;
}

/** How long connections that are still read from get, in milliseconds, before a closing client drops them. */
const grace = 10_000;

/**
 * Makes a client: a fetch with timeouts, a total deadline, and for each origin retries, a budget for them and a circuit
 * breaker; all else is off until it is asked for.
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
  readonly headers: OwnHeaders | undefined;
  readonly targets: Targets;
  readonly plans: Plans;
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
  const { pool: wanted } = levels.own;
  const pool = wanted ? ownPool(wanted === true ? {} : wanted) : undefined;
  const openPool = wanted === undefined ? parent?.openPool : pool?.open;
  const activity = new Activity(parent?.activity);
  const health = () => {
    return healthOfAll(runtime.name, activity.underWay, origins.values(), levels.policies());
  };
  const family = parent?.family ?? runtime.name;
  const readings = () => (activity.closed ? [] : Object.entries(health().origins));
  const isSilent = levels.last('telemetry') === false;
  const telemetry = isSilent ? undefined : new Telemetry(runtime, { name: family, readings });
  const recent = new RecentOptions();
  let current = settingsNow();
  let closing: Promise<void> | undefined;

  function settingsNow(): Settings {
    const fetch = levels.last('fetch');
    const lookUp = (href: string) => fetch ?? platformFetch(client, href);
    const attemptOf = (own: CallOptions | undefined) => {
      const attempt = transport(({ url }) => lookUp(url.href), openPool, runtime, hopGuard(own));
      return isTelling(fetch) ? attempt : observed(attempt);
    };
    const targets = targetsOf({
      baseUrl: levels.last('baseUrl'),
      endpoints: levels.last('endpoints'),
    });
    const { several } = targets;
    return {
      revision: levels.revision,
      lookUp,
      headers: ownHeaders(levels.all('headers')),
      targets,
      plans: new Plans({
        policyOf: levels.policies(),
        uniform: !levels.hasHostRules,
        attemptOf,
        runtime,
        several,
      }),
    };
  }

  /** A redirect to another origin is held to what is known of that, and to what the call has said of itself. */
  function hopGuard(own: CallOptions | undefined): HopGuard {
    return <Given extends Answer>(
      url: URL,
      send: Send<Given>,
      request: Outgoing,
      context: Context,
    ): Promise<Given> => {
      const state = origins.of(url.origin);
      const { ofHop } = settings().plans.of(state, url, own);
      const guarded = compose(ofHop as unknown as readonly Strategy<Given>[], send);
      return guarded(request, { ...context, origin: url.origin, state, insist: false });
    };
  }

  function settings(): Settings {
    if (current.revision !== levels.revision) current = settingsNow();
    return current;
  }

  async function client(input: FetchInput, init?: ResilientInit): Promise<Response> {
    const now = settings();
    const { targets } = now;
    const url = isRequest(input) ? URL.parse(input.url) : targets.urlOf(String(input));
    const origin = url ? httpOrigin(url) : undefined;
    if (!url || !origin) return now.lookUp(url?.href ?? '')(input, init);
    const state = origins.of(origin);
    const own = ownOptions(init);
    const plan = now.plans.of(state, url, own === undefined ? own : recent.check(own));
    const target = targets.resolves && typeof input === 'string' ? url.href : input;
    const headers = targets.isOwn(origin) ? now.headers?.forOwn : now.headers?.forOthers;
    const request = dressed(outgoingOf(target, init, url), headers, plan.policy);
    if (activity.closed) throw new ClientClosedError({ origin, attempts: 0 });

    const relative = targets.several && !isRequest(input);
    const route = relative ? targets.routeOf(String(input), stateOf) : undefined;
    const context = openContext(request, state, route, ambientNow());
    activity.begin();
    if (!route) state.inFlight++;
    if (events.heard('call.started'))
      events.emit('call.started', callEvent(runtime, context, request));
    const { stop } = context;
    let observer: CallObserver | undefined;
    let outcome: Outcome;
    try {
      const beginning = telemetry?.begin(request, context);
      observer = beginning instanceof Promise ? await stoppable(beginning, stop) : beginning;
      if (stop.aborted) throw stop.reason;
      const sent = observer
        ? observer.call(() => plan.send(request, { ...context, observer }))
        : plan.send(request, context);
      outcome = { response: await sent };
    } catch (error) {
      outcome = { error };
    }
    if (!route) state.inFlight--;
    activity.end();

    conclude(outcome, context, plan.policy);
    announce(outcome, context, request, runtime);
    observer?.end(outcome, context);
    if (outcome.response) {
      stop.releaseAfter(outcome.response);
      return outcome.response;
    }
    if (stop.aborted || outcome.error instanceof ResilienceError) request.abandon?.(outcome.error);
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
  if (telemetry) tells(client);
  return Object.assign(client, {
    extend(more: ClientOptions): Client {
      return build(more, { levels, origins, events, openPool, activity, family });
    },
    reconfigure: (changed: ClientOptions) => levels.change(changed),
    on: events.on.bind(events) as Client['on'],
    health,
    describe: (at?: string | URL) => describe(at, runtime.name, levels, origins),
    circuit(at: string | URL): CircuitHandle {
      const url = new URL(at);
      return circuitHandle(url.origin, origins, () => levels.policyOf(url).circuitBreaker, runtime);
    },
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  });
}

/** Its own, and not what somebody has written to `Object.prototype`. */
function ownOptions(init: ResilientInit | undefined): CallOptions | undefined {
  return init && Object.hasOwn(init, 'resilience') ? init.resilience : undefined;
}
