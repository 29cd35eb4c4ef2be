import { Emitter } from '../../../src/core/events.ts';
import { circuitOf } from '../../../src/strategies/circuit.ts';

/** The circuit of one client as it ships, opossum and all. */
export type Circuit = ReturnType<typeof circuitOf>;

/** Makes the circuits of clients that share nothing but their chance. They run in virtual time only. */
export class Circuits {
  readonly #runtime;

  constructor(random: () => number) {
    this.#runtime = { name: 'simulated', events: new Emitter(), random };
  }

  make(): Circuit {
    return circuitOf({ origin, inFlight: 0 }, this.#runtime);
  }
}

const origin = 'http://service.test';
