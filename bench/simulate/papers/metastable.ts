import { Simulation } from '../engine/simulation.ts';
import { fleet, type RetryPolicy } from './fleet.ts';
import { Goodput } from './goodput.ts';

const service = 1_000 / 300;
const timeout = 1_000;
const outage = { from: 20_000, to: 30_000 };

/**
 * The worked example of "Metastable Failures in Distributed Systems" (Bronson et al., HotOS 2021): a database that
 * answers 300 queries a second one after the other and never drops one, 280 queries a second, 1 s of patience, and a
 * network that holds everything back for 10 s and then delivers it at once.
 */
export function metastable(
  policy: RetryPolicy,
  { clients = 1, perSecond = 280, seconds = 300, seed = 1 } = {},
): { readonly recovery: number; readonly load: number } {
  const simulation = new Simulation(seed);
  const goodput = new Goodput();
  const end = outage.to + seconds * 1_000;
  let freeAt = 0;
  let queries = 0;

  // what fails here are timeouts, which are not repaid
  const call = fleet(simulation, clients, { ...policy, repays: false }, (_, done) => {
    const sent = simulation.now;
    if (sent >= outage.to + 10_000 && sent < outage.to + 30_000) queries++;
    const giveUp = () => simulation.after(timeout, () => done(false));
    const answersInTime = () => {
      freeAt = Math.max(freeAt, simulation.now) + service;
      const inTime = freeAt - sent < timeout;
      if (inTime) simulation.after(freeAt - simulation.now, () => done(true));
      return inTime;
    };
    if (sent >= outage.from && sent < outage.to) {
      simulation.after(outage.to - sent, answersInTime);
      giveUp();
    } else if (!answersInTime()) giveUp();
  });
  simulation.poisson(
    () => perSecond,
    () => {
      const succeed = goodput.begin(simulation.now);
      call((succeeded) => succeeded && succeed());
    },
  );
  simulation.run(end + 10_000);
  return { recovery: goodput.recovery(outage.to, end), load: queries / 20 };
}
