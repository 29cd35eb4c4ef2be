import { type Client, createClient } from 'resilient-fetch';
import type { Config, UpstreamName } from './config.ts';
import { fallback } from './recommended.ts';
import { scopes } from './scope.ts';

export type Clients = Readonly<Record<UpstreamName, Client>>;

/** One client a service: each has its own limits, its own circuit, and its own name in logs, traces and metrics. */
export function openClients({ upstreams }: Config): Clients {
  const clients: Clients = {
    catalogue: createClient({ ...upstreams.catalogue.client, name: 'catalogue' }),
    pricing: createClient({ ...upstreams.pricing.client, name: 'pricing' }),
    // a function can't come from a file
    recommendations: createClient({
      ...upstreams.recommendations.client,
      name: 'recommendations',
      fallback,
    }),
  };
  for (const client of Object.values(clients)) {
    client.on('attempt.started', () => {
      const scope = scopes.getStore();
      if (scope) scope.attempts++;
    });
  }
  return clients;
}
