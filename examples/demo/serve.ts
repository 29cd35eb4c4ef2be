import { once } from 'node:events';
import { type Client, type ClientOptions, createClient } from 'resilient-fetch';
import { startFleet } from './fleet.ts';
import { showPage } from './page.ts';
import { seeded } from './random.ts';
import { arrivals, sendWhenDue } from './traffic.ts';

/** What is switched on against the misbehaviour of each upstream, beside the defaults. */
const remedies: Readonly<Record<string, ClientOptions>> = {
  'slow tail': { hedge: true },
  outage: { concurrency: 20 },
  'rate limit': { throttle: true },
};

/** Keeps traffic and page up until Ctrl-C, with a client for each upstream, which fall ill in turns. */
export async function serve(seed: number, port: number): Promise<void> {
  const page = await showPage(port);
  const fleet = await startFleet(seed, 'in turns');
  const random = seeded(seed);
  let ended = false;

  const traffic = fleet.upstreams.map(async ({ name, urls }) => {
    const client = createClient({ name, timeout: { attempt: 400 }, random, ...remedies[name] });
    page.watch(client);
    while (!ended) await sendWhenDue(arrivals(2, random), async () => void call(client, urls));
    await client.close();
  });

  console.log(`Watch it live: ${page.url}

${fleet.upstreams.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}

30 and 10 GETs a second in turn to each. Each is ill for 10 s of every 40, the outage first.
Ctrl-C ends it.`);
  fleet.begin();
  await once(process, 'SIGINT');
  ended = true;
  page.close();
  await Promise.all(traffic);
  fleet.stop();
}

/** A call whose outcome only the page is to show. */
async function call(client: Client, { resilient }: { readonly resilient: string }): Promise<void> {
  try {
    await (await client(resilient)).arrayBuffer();
  } catch {}
}
