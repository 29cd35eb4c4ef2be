import { type CircuitState, type OriginState, PerOrigin } from './core/per-origin.ts';
import type { Runtime } from './core/runtime.ts';
import { Cooldown } from './decisions/cooldown.ts';
import { Slots } from './decisions/slots.ts';
import type { CircuitRule } from './decisions/trip.ts';
import { circuitOf } from './strategies/circuit.ts';

/** What a client knows of all origins that it has called, as many as `limit`. */
export function openOrigins(limit: number, runtime: Runtime): PerOrigin<OriginState> {
  const { name, events } = runtime;
  const create = (origin: string): OriginState => ({ origin, inFlight: 0, circuit: undefined });
  const onForgotten = (state: OriginState) => {
    forget(state, runtime);
    events.emit('circuit.forgotten', { client: name, origin: state.origin });
  };
  return new PerOrigin(limit, create, onForgotten, isIdle);
}

/** Whether nothing would be lost with what is known of an origin: a slot that a body holds, a pause that was asked for. */
function isIdle(state: OriginState): boolean {
  const { inUse, queued } = Slots.peek(state) ?? { inUse: 0, queued: 0 };
  const pause = Cooldown.peek(state)?.remaining(performance.now()) ?? 0;
  return state.inFlight === 0 && inUse === 0 && queued === 0 && pause === 0;
}

/** Ends what still runs for an origin. */
export function forget(state: OriginState, runtime: Runtime): void {
  if (state.circuit) circuitOf(state, runtime).dispose();
}

/** The circuit of one origin, for an operator's hand. */
export interface CircuitHandle {
  readonly state: CircuitState;
  /** Opens it as a failure would, for `openFor`. */
  open(): void;
  /** Holds it open, without a probe, until it is closed by hand: for an origin that is not to be called for now. */
  isolate(): void;
  /** Closes it and forgets its window. */
  close(): void;
}

/**
 * Lays hands on a circuit. An origin that is only looked at is not remembered for it.
 *
 * @param rule gives the rule of this moment; `false` where the breaker is off.
 * @throws TypeError where the breaker is off, now or when the handle is used.
 */
export function circuitHandle(
  origin: string,
  origins: PerOrigin<OriginState>,
  rule: () => CircuitRule | false,
  runtime: Runtime,
): CircuitHandle {
  const ruleInForce = () => {
    const inForce = rule();
    if (!inForce) throw new TypeError(`circuitBreaker is off for ${origin}`);
    return inForce;
  };
  ruleInForce();
  const circuit = () => circuitOf(origins.of(origin), runtime);
  return {
    get state() {
      return origins.peek(origin)?.circuit?.state ?? 'closed';
    },
    open: () => circuit().open(ruleInForce()),
    isolate: () => circuit().isolate(ruleInForce()),
    close: () => circuit().close(),
  };
}
