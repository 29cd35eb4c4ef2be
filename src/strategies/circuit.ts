import { EventEmitter } from 'node:events';
import Opossum from 'opossum';
import type { Events } from '../core/events.ts';
import type { Outcome } from '../core/outcome.ts';
import type { CircuitView, OriginState } from '../core/per-origin.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Fault } from '../decisions/classify.ts';
import { retryAfterOf } from '../decisions/retry-after.ts';
import { breakLength, type TripRule, tripReason, Window } from '../decisions/trip.ts';

/** The circuit of an origin, made if there was none. */
export function circuitOf(state: OriginState, runtime: Runtime): Circuit {
  if (!(state.circuit instanceof Circuit)) state.circuit = new Circuit(state.origin, runtime);
  return state.circuit as Circuit;
}

type Report = (fault: Fault, outcome: Outcome) => void;

/** opossum with all that runs or grows by itself switched off; the window and the rule to trip are ours. */
const lean = {
  timeout: false,
  enableSnapshots: false,
  rollingPercentilesEnabled: false,
  rollingCountBuckets: 1,
  volumeThreshold: Number.MAX_SAFE_INTEGER,
} as const;

const probeFailed = new Error('The probe failed');

/**
 * The circuit of one origin.
 *
 * While it is closed there are only counters: opossum counts refused calls into its ratio, counts a call when it begins
 * and not when it ends, and never empties its window, so the decision to open is `tripReason`'s. opossum comes in when
 * the circuit opens, for what it does well: the break and its timer, the half-open state, and the one probe. It hears
 * of nothing but that probe, and of that only a success or a failure, because for it every other end would be one of
 * the two: a cancelled probe would close the circuit, and one that never ends would keep it half-open for ever.
 */
class Circuit implements CircuitView {
  readonly #origin: string;
  readonly #runtime: Runtime;
  #window = new Window();
  /** There while the circuit is not closed. */
  #machine: { readonly breaker: Opossum; readonly options: Opossum.Options } | undefined;
  /** Rises at each transition, so that a call from before it can be told. */
  #generation = 0;
  #reopenings = 0;
  /** When a probe is allowed, by `performance.now()`. */
  #probeAt = 0;
  #openedBy: Events['circuit.opened']['reason'] = 'manual';
  #closedBy: Events['circuit.closed']['reason'] = 'probe-succeeded';

  constructor(origin: string, runtime: Runtime) {
    this.#origin = origin;
    this.#runtime = runtime;
  }

  get state(): CircuitView['state'] {
    if (!this.#machine) return 'closed';
    return this.#machine.breaker.opened ? 'open' : 'half-open';
  }

  get retryAfter(): number {
    if (!this.#machine || this.#machine.breaker.pendingClose) return 0;
    return Math.max(0, Math.ceil(this.#probeAt - performance.now()));
  }

  get refusing(): boolean {
    if (!this.#machine || this.#machine.breaker.pendingClose) return false;
    return this.#machine.breaker.opened || performance.now() < this.#probeAt;
  }

  /** Attempts and failures in the window. */
  get totals(): { attempts: number; failures: number } {
    return this.#window.totals(performance.now());
  }

  /** Lets an attempt pass and returns how to report its end, or nothing if it may not pass. */
  admit(rule: TripRule, lease: number): Report | undefined {
    const machine = this.#machine;
    if (!machine) {
      const generation = this.#generation;
      return (fault, outcome) => {
        if (generation === this.#generation) this.#count(fault, outcome, rule);
      };
    }
    if (this.refusing) return undefined;
    if (!machine.breaker.pendingClose) this.#halfOpen();
    return this.#probe(rule, lease);
  }

  open(rule: TripRule): void {
    if (this.state !== 'open') this.#open('manual', breakLength(rule, 0, 0, this.#runtime.random));
  }

  close(): void {
    this.#closedBy = 'manual';
    this.#machine?.breaker.close();
    this.#closedBy = 'probe-succeeded';
  }

  /** Ends whatever still runs, and forgets what came of it. */
  dispose(): void {
    this.#machine?.breaker.shutdown();
    this.#machine = undefined;
    this.#generation++;
  }

  #count(fault: Fault, outcome: Outcome, rule: TripRule): void {
    if (fault === 'ignored') return;
    const now = performance.now();
    this.#window.record(fault === 'failure', now, rule.window);
    const reason = tripReason(this.#window, rule, now);
    if (reason) this.#open(reason, breakLength(rule, 0, askedIn(outcome), this.#runtime.random));
  }

  #probe(rule: TripRule, lease: number): Report {
    const machine = this.#machine;
    const generation = this.#generation;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    promise.catch(nothing);
    machine?.breaker.fire(promise).catch(nothing);
    this.#probeAt = performance.now() + lease;
    return (fault, outcome) => {
      if (!machine || machine !== this.#machine || generation !== this.#generation) return;
      if (fault === 'ignored') this.#halfOpen();
      if (fault === 'success') resolve();
      if (fault === 'failure') {
        this.#reopenings++;
        this.#openedBy = 'probe-failed';
        const { random } = this.#runtime;
        machine.options.resetTimeout = breakLength(
          rule,
          this.#reopenings,
          askedIn(outcome),
          random,
        );
        reject(probeFailed);
      }
    };
  }

  #open(reason: Events['circuit.opened']['reason'], length: number): void {
    this.#openedBy = reason;
    this.#machine ??= this.#build({ closed: true });
    this.#machine.options.resetTimeout = length;
    this.#machine.breaker.open();
  }

  /** Half-open anew, with a machine that knows nothing of the probe before. */
  #halfOpen(): void {
    this.#machine?.breaker.shutdown();
    this.#machine = this.#build({ closed: false, halfOpen: true });
    this.#probeAt = performance.now();
  }

  #build(state: { closed: boolean; halfOpen?: boolean }) {
    const options = { ...lean, state, rotateBucketController: new EventEmitter() };
    const breaker = new Opossum((verdict: Promise<void>) => verdict, options as Opossum.Options);
    breaker.on('open', () => this.#onOpen());
    breaker.on('halfOpen', () => this.#emit('circuit.halfOpened', {}));
    breaker.on('close', () => this.#onClose());
    return { breaker, options: options as Opossum.Options };
  }

  #onOpen(): void {
    const openFor = this.#machine?.options.resetTimeout ?? 0;
    this.#generation++;
    this.#probeAt = performance.now() + openFor;
    this.#emit('circuit.opened', { reason: this.#openedBy, openFor, ...this.totals });
  }

  #onClose(): void {
    this.#machine?.breaker.shutdown();
    this.#machine = undefined;
    this.#generation++;
    this.#reopenings = 0;
    this.#window = new Window();
    this.#emit('circuit.closed', { reason: this.#closedBy });
  }

  #emit<Name extends 'circuit.opened' | 'circuit.halfOpened' | 'circuit.closed'>(
    name: Name,
    details: Omit<Events[Name], 'client' | 'origin'>,
  ): void {
    const { events, name: client } = this.#runtime;
    if (!events.heard(name)) return;
    events.emit(name, { client, origin: this.#origin, ...details } as Events[Name]);
  }
}

/** The Retry-After that came with a failure, in milliseconds; 0 if none did. */
function askedIn({ response }: Outcome): number {
  return retryAfterOf(response?.headers, Date.now()) ?? 0;
}

function nothing(): void {}
