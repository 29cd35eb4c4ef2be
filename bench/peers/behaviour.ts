import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Cell, type Experiment, experiments, optional, warmUp } from './experiments.ts';
import type { Peer } from './peer.ts';
import { asMarkdown, asText, tabulate } from './table.ts';

/**
 * What this library and its peers do before the same misbehaving server: not how fast they are, but what the server saw
 * and what the caller got. Every client is used as its documentation shows, with 3 retries and otherwise as it comes.
 */
const here = import.meta.dirname;
// computed, so that the types hold where the peers are not installed
const adapters = './clients.mjs';
const { peers } = (await import(adapters)) as { peers: readonly Peer[] };

const strays: unknown[] = [];
process.on('unhandledRejection', (reason) => strays.push(reason));

await warmUp(peers);
const cells = new Map<Experiment, Cell[]>();
const together = experiments.filter(({ alone }) => !alone);
await Promise.all(
  together.map(async (experiment, index) => {
    // most of the time is waiting; what is not falls to another moment in each experiment
    await pause(index * 300);
    cells.set(experiment, await Promise.all(peers.map((peer) => cellOf(experiment, peer))));
  }),
);
for (const experiment of experiments.filter(({ alone }) => alone)) {
  const row: Cell[] = [];
  for (const peer of peers) row.push(await cellOf(experiment, peer));
  cells.set(experiment, row);
}

const headings = peers.map((peer) => {
  const versions = peer.packages.map(versionOf);
  return peer.packages.length === 1 ? `${peer.name} ${versions[0]}` : peer.name;
});
const table = tabulate(
  headings,
  experiments.map((experiment) => ({ name: experiment.name, cells: cells.get(experiment) ?? [] })),
);
const packages = [...new Set(peers.flatMap((peer) => peer.packages))];
const versions = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
const uses = peers.flatMap(({ about }) => about ?? []);
const rights = experiments.map(({ right }, index) => `${index + 1}. ${right}`);
const notes = table.notes.map((note, index) => `${index + 1}. ${note}`);
const legend =
  'Every client has 3 retries and is otherwise as it comes. ○ is what an option makes of it; the note names the option.';

const title = `Node ${process.version}; ${versions}.`;
const parts = [asText(table, [24, 15, ...peers.slice(1).map(() => 13)]), legend, ...uses];
console.log([title, ...parts, rights.join('\n'), 'Notes', notes.join('\n')].join('\n\n'));
if (strays.length > 0) console.log(`\n${strays.length} unhandled rejections:`, strays);

writeFileSync(
  join(here, 'behaviour.md'),
  `${[
    '# Behaviour beside the peers',
    `Written by \`npm run bench:peers\`. ${title}`,
    [legend, ...uses].join('\n\n'),
    asMarkdown(table),
    '## What is right',
    rights.join('\n'),
    '## Notes',
    notes.join('\n'),
  ].join('\n\n')}\n`,
);
// some clients still wait for an hour
process.exit();

/** What a client does as it is, and behind a ○ what an option of its own makes of that. */
async function cellOf(experiment: Experiment, peer: Peer): Promise<Cell> {
  const variant = experiment.variant ? peer.variants?.[experiment.variant] : undefined;
  const plain = experiment.measure(peer, {});
  if (!variant) return plain;
  if (experiment.alone) await plain;
  const [{ text, notes = [] }, other] = await Promise.all([
    plain,
    experiment.measure(peer, variant.own),
  ]);
  return { text: `${text} ○ ${other.text}`, notes: [...notes, optional(variant)] };
}

function versionOf(name: string): string {
  const folder = name === 'resilient-fetch' ? '../..' : `node_modules/${name}`;
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(here, folder, 'package.json'), 'utf8'),
  );
  return manifest.version;
}
