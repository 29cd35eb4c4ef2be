import { type Client, loadClients } from './client.ts';
import { references } from './names.ts';
import { type Request, requests } from './requests.ts';
import type { Row } from './row.ts';
import { least } from './sizes.ts';

/** What is asked of the server, for each client that it can be asked of. */
export async function requestRows(): Promise<readonly Row[]> {
  const clients = await loadClients();
  return requests.map((request) => {
    const { id, title, about, columns, measure, wait, warmUp = {} } = request;
    const asked = clients.filter((client) => isAsked(client, request));
    return {
      id,
      title,
      about,
      columns,
      names: asked.map(({ name }) => name),
      async measure(name, { url, sizes }) {
        const client = clients.find((one) => one.name === name);
        if (!client) throw new Error(`nobody is called ${name}`);
        const calls = await client.open(wait);
        return measure(calls, url, { ...sizes, warmUp: least(sizes.warmUp, warmUp) }, client);
      },
    };
  });
}

function isAsked({ name, policies, bare }: Client, { needs, withBare }: Request): boolean {
  if (references.some((one) => one === name)) return true;
  if (bare && !withBare) return false;
  return needs === undefined || policies.includes(needs);
}
