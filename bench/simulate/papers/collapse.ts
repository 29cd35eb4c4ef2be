import { Simulation } from '../engine/simulation.ts';
import { fleet, type RetryPolicy } from './fleet.ts';
import { Goodput } from './goodput.ts';

const usual = 40;
const spike = { from: 20_000, to: 25_000 };
const judged = { from: 60_000, to: 80_000 };
const timeout = 3_000;

/**
 * Congestive collapse, as in M. Brooker's `simulator_example` and "Open and Closed, Omission and Collapse" (2023): a
 * server that takes 1 s and 10 ms for each request in flight and never drops one, 40 calls a second, 3 s of patience,
 * and 5 s of a load that is two or three times as high.
 */
export function collapse(
  policy: RetryPolicy,
  { clients = 1, peak = 80, seconds = 55, seed = 1 } = {},
): { readonly goodput: number; readonly collapsed: boolean; readonly recovery: number } {
  const simulation = new Simulation(seed);
  const goodput = new Goodput();
  const end = spike.to + seconds * 1_000;
  let inFlight = 0;

  // what fails here are timeouts, which are not repaid
  const call = fleet(simulation, clients, { ...policy, repays: false }, (_, done) => {
    const hop = (arrive: () => void) => simulation.after(simulation.exponential(100), arrive);
    hop(() => {
      inFlight++;
      simulation.after(1_000 + 10 * inFlight, () => {
        inFlight--;
        hop(() => done(true));
      });
    });
    simulation.after(timeout, () => done(false));
  });
  simulation.poisson(
    (now) => (now >= spike.from && now < spike.to ? peak : usual),
    () => {
      const succeed = goodput.begin(simulation.now);
      call((succeeded) => succeeded && succeed());
    },
  );
  simulation.run(end + 15_000);
  const after = goodput.perSecond(judged.from, judged.to);
  return {
    goodput: after,
    collapsed: after < usual / 2,
    recovery: goodput.recovery(spike.to, end),
  };
}
