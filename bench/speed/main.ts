import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Book } from './book.ts';
import { figuresOf, startServer } from './child.ts';
import { loadClients } from './client.ts';
import { leads } from './report/ahead.ts';
import { goalsOf } from './report/goals.ts';
import { pageOf, sentence } from './report/page.ts';
import { words } from './report/table.ts';
import { allRows } from './rows.ts';
import { sizesOf } from './sizes.ts';
import { rotated } from './turns.ts';

/**
 * How fast, beside the peers: each figure from a process of its own, against a server in another; in each round everybody
 * has their turn, and a ratio is the median of those within one round. `ROUNDS` of them, 5 by default; `--only json,post`
 * for some rows, without a page. `--short` is for CI: it shows that all of it runs, and fails where a call goes wrong,
 * never by a time.
 */
const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, only: { type: 'string' } },
});
const form = values.short ? 'short' : 'full';
const { rounds } = sizesOf(form);
const wanted = values.only?.split(',');
const rows = (await allRows()).filter(({ id, apart }) => wanted?.includes(id) ?? !apart);
if (rows.length === 0) throw new Error(`--only: no row is called ${values.only}`);
const book = new Book();
const wrong = new Map<string, unknown>();

const server = await startServer();
for (let round = 0; round < rounds; round++) {
  for (const { id, title, names, columns } of rows) {
    console.log(`\n${title} (round ${round + 1} of ${rounds})`);
    for (const name of rotated(names, round)) {
      let found: string;
      try {
        const figures = await figuresOf(id, name, server.url, form);
        book.note(id, name, figures);
        found = columns
          .map(({ key, head, digits }) => `${head} ${words(figures[key], digits)}`)
          .join('   ');
      } catch (error) {
        wrong.set(`${title}: ${name}`, error);
        found = 'FAILED';
      }
      console.log(`  ${name.padEnd(34)} ${found}`);
    }
  }
}
server.stop();

if (values.short) console.log('\nThe short form shows that it runs: its figures say nothing.');
const ahead = leads(rows, book);
const goals = goalsOf(book, wanted ? undefined : ahead.length);
console.log('\nWhat was to be shown\n');
for (const { claim, wanted, found, reached } of goals.filter(
  ({ reached }) => reached !== undefined,
)) {
  console.log(`${reached ? '✓' : '✗'} ${claim}: ${found}, goal ${wanted}`);
}
console.log(`\nWho is ahead of us\n\n${ahead.map(sentence).join('\n') || 'Nobody.'}`);
if (!values.short && !wanted && wrong.size === 0) {
  const findings = { rounds, clients: await loadClients(), rows, book, goals, leads: ahead };
  writeFileSync(join(import.meta.dirname, '../results.md'), pageOf(findings));
}

for (const [where, error] of wrong) console.log(`\nFAILED ${where}\n`, error);
const all = rows.reduce((sum, { names }) => sum + names.length, 0);
console.log(`\n${all - wrong.size} passed, ${wrong.size} failed`);
process.exitCode = wrong.size === 0 ? 0 : 1;
