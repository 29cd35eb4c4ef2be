import type { Client, Health } from 'resilient-fetch';
import { emptyTally, measure, type Tally } from './tally.ts';
import type { Side } from './upstreams.ts';

/** The same calls to one target, through plain fetch and through a client. */
export interface Contest {
  readonly name: string;
  /** How many calls each side is to make. */
  readonly calls: number;
  readonly tallies: Readonly<Record<Side, Tally>>;
  circuit(): Health['origins'][string]['circuit'];
  /** One call, to its end. Never rejects. */
  call(side: Side): Promise<void>;
}

export function contest(
  name: string,
  urls: Readonly<Record<Side, string>>,
  calls: number,
  client: Client,
): Contest {
  const { origin } = new URL(urls.resilient);
  const circuit = { opened: 0, halfOpened: 0, closed: 0 };
  const tallies = { plain: emptyTally(), resilient: emptyTally(circuit) };

  const here = (event: { readonly origin: string }) => (event.origin === origin ? 1 : 0);
  client.on('circuit.opened', (event) => (circuit.opened += here(event)));
  client.on('circuit.halfOpened', (event) => (circuit.halfOpened += here(event)));
  client.on('circuit.closed', (event) => (circuit.closed += here(event)));
  client.on('attempt.started', (event) => (tallies.resilient.requests += here(event)));

  return {
    name,
    calls,
    tallies,
    circuit: () => client.health().origins[origin]?.circuit ?? 'closed',
    call(side) {
      if (side === 'resilient') return measure(tallies.resilient, () => client(urls.resilient));
      tallies.plain.requests++;
      return measure(tallies.plain, () => fetch(urls.plain));
    },
  };
}
