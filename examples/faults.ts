// Faults by a seed, a server that misbehaves, and what a client made of them, for your own tests.
import { createClient } from 'resilient-fetch';
import { record, startFaultServer, withFaults } from 'resilient-fetch/testing';

const quick = { backoff: { base: 1, cap: 5 } };

// A server of real sockets, by a script: a 503, a broken connection, a body that breaks off.
const server = await startFaultServer({ script: [503, 'reset', { json: { price: 4 } }] });
const client = createClient({ baseUrl: server.origin, retry: quick });
const recorder = record(client);

const { price } = (await (await client('/prices/tea')).json()) as { price: number };
recorder.expect({ calls: 1, attempts: 3, outcomes: [503, 'ECONNRESET', 200] });
console.log(
  `${price}, after ${server.requests.length} requests over real connections:\n${recorder}\n`,
);

// An expectation that is not met says what happened instead.
try {
  recorder.expect({ attempts: 2, stopped: ['retries-exhausted'] });
} catch (error) {
  console.log(`${error}\n`);
}

// A third of all requests fail, in a way that depends on the seed and on nothing else.
server.play(200);
for (const seed of [1, 1, 2]) {
  const faulty = withFaults(fetch, { seed, rate: 0.33, latency: [1, 20] });
  const shop = createClient({ fetch: faulty, baseUrl: server.origin, retry: quick });
  let served = 0;
  for (let item = 0; item < 40; item++) {
    const whole = await shop(`/prices/${item}`)
      .then((response) => response.text())
      .catch(() => '');
    if (whole === 'answer 200') served++;
  }
  const kinds = Object.groupBy(faulty.injected, ({ fault }) => fault.kind);
  const faults = Object.entries(kinds).map(([kind, hits]) => `${hits.length} ${kind}`);
  console.log(
    `seed ${seed}: ${served} of 40 calls served, although ${faults.toSorted().join(', ')}`,
  );
}

await server.close();
