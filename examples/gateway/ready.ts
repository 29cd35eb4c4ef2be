import type { Client, OriginHealth } from 'resilient-fetch';
import type { Clients } from './clients.ts';
import { type Config, type UpstreamName, upstreamNames } from './config.ts';

/** How it stands with one upstream, as far as this process knows. */
export interface Dependency {
  readonly required: boolean;
  readonly ready: boolean;
  /** Why it is not ready. */
  readonly reason?: string;
}

export interface Readiness {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly dependencies: Readonly<Record<UpstreamName, Dependency>>;
}

/**
 * Whether this process wants requests.
 *
 * Only the circuits of required upstreams count: without those no page can be made, and another replica may still reach
 * them. Where none can, all replicas are unready at the same time, and callers get the balancer's error in the place of
 * our 503. That is the price; README.md says when not to pay it. Liveness never asks this, since no restart brings an
 * upstream back.
 */
export function readinessOf(clients: Clients, config: Config, draining: boolean): Readiness {
  const of = (name: UpstreamName): Dependency => {
    const { required } = config.upstreams[name];
    const reason = reasonAgainst(clients[name]);
    return reason ? { required, ready: false, reason } : { required, ready: true };
  };
  const dependencies = {
    catalogue: of('catalogue'),
    pricing: of('pricing'),
    recommendations: of('recommendations'),
  };
  const missing = upstreamNames.some((name) => {
    const { required, ready } = dependencies[name];
    return required && !ready;
  });
  return { ready: !draining && !missing, draining, dependencies };
}

/** An upstream is away when the circuits of all its places are; one that was never called is there until it shows otherwise. */
function reasonAgainst(client: Client): string | undefined {
  const origins = Object.entries(client.health().origins);
  if (origins.length === 0 || origins.some(([, { circuit }]) => circuit === 'closed')) return;
  return origins.map(([origin, health]) => `${origin}: ${stateOf(health)}`).join('; ');
}

function stateOf({ circuit, retryAfter }: OriginHealth): string {
  if (circuit === 'isolated') return 'its circuit was isolated by hand';
  return `its circuit is ${circuit}, the next probe is due in ${retryAfter ?? 0} ms`;
}
