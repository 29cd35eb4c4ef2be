import type { Ending } from '../engine/outcomes.ts';
import { Simulation } from '../engine/simulation.ts';
import type { Call, Client, Policy } from './client.ts';
import { patience } from './peer.ts';
import type { Scenario, Size } from './scenarios.ts';
import { Service } from './service.ts';
import { type Second, Sightings } from './sightings.ts';

/** What a call meets on its way. */
export interface World {
  readonly simulation: Simulation;
  /** Sends a request, and tells how it ended, after the timeout at the latest. */
  send(timeout: number, done: (ending: Ending) => void): void;
  sent(now: number): void;
  succeeded(start: number, now: number): void;
}

/** Makes a call, with all the attempts that its client makes of it. */
export function makeCall(client: Client, policy: Policy, world: World): void {
  const { simulation } = world;
  const call: Call = { start: simulation.now, attempts: 0, previous: 0, paid: 'no' };
  const deadline = call.start + policy.totalTimeout;
  const attempt = () => {
    const report = client.admit(call, simulation.now);
    if (!report) return;
    call.attempts++;
    world.sent(simulation.now);
    world.send(Math.min(policy.attemptTimeout, deadline - simulation.now), (ending) => {
      const { now } = simulation;
      report(ending, now);
      if (ending.kind === 'answered') world.succeeded(call.start, now);
      const delay = client.decide(call, ending, now);
      if (delay !== undefined) simulation.after(delay, attempt);
    });
  };
  client.begin(call.start);
  attempt();
}

/** Lets a fleet with one policy live through a scenario; the same seed gives the same run. */
export function live(policy: Policy, scenario: Scenario, size: Size, seed: number): Second[] {
  const simulation = new Simulation(seed);
  const { random } = simulation;
  const service = new Service(scenario.service(size.servers), simulation);
  const sightings = new Sightings(scenario.seconds);
  const clients = Array.from({ length: size.clients }, () => policy.client(random));
  const world: World = {
    simulation,
    send: (timeout, done) => service.send(timeout, done),
    sent: (now) => sightings.sent(now),
    succeeded: (start, now) => sightings.succeeded(start, now),
  };
  simulation.poisson(
    (now) => scenario.callsPerServer(now) * size.servers,
    () => {
      const client = clients[Math.floor(random() * clients.length)];
      if (!client || simulation.now >= 1_000 * scenario.seconds) return;
      sightings.called(simulation.now);
      makeCall(client, policy, world);
    },
  );
  simulation.run(1_000 * scenario.seconds + patience);
  return sightings.seconds;
}
