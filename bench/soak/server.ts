import { type Answer, seeded, startFaultServer } from 'resilient-fetch/testing';

// A process of its own, so that what the server remembers of its requests is not taken for the client's.

const seed = Number(process.argv[2]);
const draw = seeded(seed);
const rare: readonly Answer[] = ['reset', 'close', 'silence', 'truncation', 'stall'];

function next(): Answer {
  const luck = draw();
  if (luck < 0.05) return rare[Math.floor(luck * 100)] ?? 200;
  if (luck < 0.1) return { status: 503, headers: { 'retry-after-ms': '5' } };
  if (luck < 0.12) return { status: 500, body: 'x'.repeat(200_000) };
  if (luck < 0.2) return { body: 'x'.repeat(100_000), headers: { etag: '"1"' } };
  return { body: 'ok', delay: luck > 0.9 ? 20 : 0, headers: { etag: '"1"' } };
}

const server = await startFaultServer({ script: [next] });
process.send?.(server.origin);
process.once('disconnect', () => process.exit());
