import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { asMarkdown } from '../../peers/table.ts';
import type { Book } from '../book.ts';
import type { Client } from '../client.ts';
import type { Row } from '../row.ts';
import type { Lead } from './ahead.ts';
import type { Goal } from './goals.ts';
import { tableOf, words } from './table.ts';

export interface Findings {
  readonly rounds: number;
  readonly clients: readonly Client[];
  readonly rows: readonly Row[];
  readonly book: Book;
  readonly goals: readonly Goal[];
  readonly leads: readonly Lead[];
}

/** The results as a page. */
export function pageOf({ rounds, clients, rows, book, goals, leads }: Findings): string {
  const packages = [...new Set(clients.flatMap(({ packages }) => packages))];
  const versions = packages.map((name) => `${name} ${versionOf(name)}`).join(', ');
  return `${[
    '# Speed beside the peers',
    `Written by \`npm run bench\`. Node ${process.version}, ${availableParallelism()} CPUs; ${versions}.`,
    `Each figure is from a process of its own, the server in another. They take turns in rounds, ${rounds} of them; a figure is the median of the rounds with the least and the most of them, and a ratio (÷) the median of those within one round. CPU is that of the calling process, with its collector, for one call. The machine matters to the figures, and less to the ratios.`,
    '## What was to be shown',
    asMarkdown({
      head: ['', 'goal', 'found', 'reached'],
      rows: goals.map(({ claim, wanted, found, reached }) => [claim, wanted, found, yes(reached)]),
      notes: [],
    }),
    '## Who is ahead of us',
    'Beside the pooled client with its defaults, those without any policy included; what their figure is to ours. Less than 1 % is a draw.',
    leads.map(sentence).join('\n') || 'Nobody, in no figure.',
    ...rows.flatMap((row) => [
      `## ${row.title}`,
      row.about,
      ...(row.uses ? [uses(row.uses)] : []),
      tableOf(row, book),
    ]),
    '## How each is set up',
    uses(clients),
  ].join('\n\n')}\n`;
}

/** The peers that are better in one figure, and what theirs is to ours. */
export function sentence({ title, head, peers }: Lead): string {
  const all = peers.map(({ name, ratio }) => `${name} ${words(ratio, 2)}`);
  return `- ${title}, ${head}: ${all.join(', ')}`;
}

const yes = (reached: boolean | undefined) =>
  reached === undefined ? '–' : reached ? 'yes' : 'no';

function uses(all: readonly { readonly name: string; readonly about: string }[]): string {
  return all.map(({ name, about }) => `- ${name}: ${about}`).join('\n');
}

function versionOf(name: string): string {
  const folder = name === 'resilient-fetch' ? '../../..' : `../../peers/node_modules/${name}`;
  const manifest: { version: string } = JSON.parse(
    readFileSync(join(import.meta.dirname, folder, 'package.json'), 'utf8'),
  );
  return manifest.version;
}
