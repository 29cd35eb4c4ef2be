import type { Answer } from '../core/answer.ts';
import type { Events } from '../core/events.ts';
import type { Outcome } from '../core/outcome.ts';
import type { CircuitState, CircuitView, OriginState, Totals } from '../core/per-origin.ts';
import type { Runtime } from '../core/runtime.ts';
import type { Fault } from '../decisions/classify.ts';
import { retryAfterOf } from '../decisions/retry-after.ts';
import { breakLength, type CircuitRule, tripReason, Window } from '../decisions/trip.ts';
import { Break } from './break.ts';

/** The circuit of an origin, made if there was none. */
export function circuitOf(state: OriginState, runtime: Runtime): Circuit {
  if (!(state.circuit instanceof Circuit)) state.circuit = new Circuit(state.origin, runtime);
  return state.circuit as Circuit;
}

/** Tells a circuit how an attempt that it let out has ended, and whether that took too long. */
type Report = (fault: Fault, outcome: Outcome<Answer>, slow: boolean) => void;

/**
 * The circuit of one origin.
 *
 * While it is closed there are only counters: opossum counts refused calls into its ratio, counts a call when it begins
 * and not when it ends, and never empties its window, so the decision to open is `tripReason`'s. From then on there is a
 * `Break`, until its probes have closed the circuit or have it opened anew. Isolated, there is nothing but an operator.
 */
class Circuit implements CircuitView {
  readonly #origin: string;
  readonly #runtime: Runtime;
  #window = new Window();
  /** There while the circuit is open or half-open. */
  #break: Break | undefined;
  #isolated = false;
  /** What the rule says that it was opened by. */
  #enforced = true;
  /** Rises at each transition, so that an attempt from before it can be told. */
  #generation = 0;
  #reopenings = 0;

  constructor(origin: string, runtime: Runtime) {
    this.#origin = origin;
    this.#runtime = runtime;
  }

  get state(): CircuitState {
    return this.#isolated ? 'isolated' : (this.#break?.state ?? 'closed');
  }

  get retryAfter(): number {
    return this.#isolated ? Number.POSITIVE_INFINITY : (this.#break?.retryAfter ?? 0);
  }

  get refusing(): boolean {
    return this.#enforced && this.retryAfter > 0;
  }

  get totals(): Totals {
    return this.#window.totals(performance.now());
  }

  /**
   * Lets an attempt out and returns how to report its end, or nothing if it may not go.
   *
   * @param lease how long a probe may keep its place, in milliseconds.
   * @param insists on going out where there is no place for it, unless the circuit is isolated. Of such an attempt a
   *   success counts, as a probe's does, and nothing else.
   */
  admit(rule: CircuitRule, lease: number, insists = false): Report | undefined {
    if (this.#isolated) return undefined;
    const generation = this.#generation;
    const current = this.#break;
    if (!current) {
      return (fault, outcome, slow) => {
        if (generation === this.#generation) this.#count(rule, fault, outcome, slow);
      };
    }
    const place = current.take(lease);
    if (!place && !insists) return undefined;
    return (fault, outcome, slow) => {
      if (generation !== this.#generation) return;
      const verdict = current.hear(place, slow && fault === 'success' ? 'failure' : fault);
      if (verdict === 'close') this.close('probe-succeeded');
      if (verdict === 'open') this.#reopen(rule, outcome);
    };
  }

  open(rule: CircuitRule): void {
    if (this.state === 'open' || this.#isolated) return;
    this.#open('manual', rule, breakLength(rule, 0, 0, this.#runtime.random));
  }

  isolate(rule: CircuitRule): void {
    if (this.#isolated) return;
    this.dispose();
    this.#isolated = true;
    this.#enforced = rule.enforce;
    this.#emit('circuit.isolated', {});
  }

  close(reason: Events['circuit.closed']['reason'] = 'manual'): void {
    if (this.state === 'closed') return;
    this.dispose();
    this.#reopenings = 0;
    this.#window = new Window();
    this.#emit('circuit.closed', { reason });
  }

  /** Ends whatever still runs, and forgets what came of it. */
  dispose(): void {
    this.#break?.end();
    this.#break = undefined;
    this.#isolated = false;
    this.#generation++;
  }

  #count(rule: CircuitRule, fault: Fault, outcome: Outcome<Answer>, slow: boolean): void {
    if (fault === 'ignored') return;
    const now = performance.now();
    this.#window.record(fault !== 'success', now, rule.window, slow);
    const isTerminal = fault === 'terminal';
    const reason = isTerminal ? 'terminal-error' : tripReason(this.#window, rule, now);
    if (reason) this.#open(reason, rule, this.#lengthAfter(outcome, rule));
  }

  #reopen(rule: CircuitRule, outcome: Outcome<Answer>): void {
    this.#reopenings++;
    this.#open('probe-failed', rule, this.#lengthAfter(outcome, rule));
  }

  /** How long to stay open after a failure, which may have come with a Retry-After. */
  #lengthAfter({ response }: Outcome<Answer>, rule: CircuitRule): number {
    const asked = retryAfterOf(response?.headers, Date.now()) ?? 0;
    return breakLength(rule, this.#reopenings, asked, this.#runtime.random);
  }

  #open(reason: Events['circuit.opened']['reason'], rule: CircuitRule, openFor: number): void {
    this.dispose();
    this.#enforced = rule.enforce;
    this.#break = new Break(rule, openFor, () => this.#emit('circuit.halfOpened', {}));
    this.#emit('circuit.opened', { reason, openFor, ...this.totals });
  }

  #emit<Name extends CircuitEvent>(
    name: Name,
    details: Omit<Events[Name], 'client' | 'origin'>,
  ): void {
    const { events, name: client } = this.#runtime;
    if (!events.heard(name)) return;
    events.emit(name, { client, origin: this.#origin, ...details } as Events[Name]);
  }
}

type CircuitEvent = 'circuit.opened' | 'circuit.halfOpened' | 'circuit.closed' | 'circuit.isolated';
