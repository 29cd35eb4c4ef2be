import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chartsOf } from './report/charts.ts';
import { checksOf } from './report/checks.ts';
import { page } from './report/page.ts';
import { reproduce } from './report/papers.ts';
import { betterIn, columns, tableOf } from './report/table.ts';
import { compare } from './scale/compare.ts';
import { policies } from './scale/policies.ts';
import { scenarios } from './scale/scenarios.ts';

/**
 * What others have published, made anew, and then what becomes of a service in the hands of ours and of the peers'
 * defaults. `--short` is for CI: an eighth of the clients and of the servers, so the same for each of them.
 */
const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } });
const size = values.short ? { clients: 1_200, servers: 12 } : { clients: 10_000, servers: 100 };
const root = join(import.meta.dirname, '../..');
const folder = join(root, values.short ? 'bench/simulate/short' : 'docs/simulation');

console.log('What others have published, and what comes of it here\n');
const papers = reproduce();
for (const { paper, what, published, measured, agrees } of papers) {
  print(agrees, `${paper}; ${what}`, `${measured}, published ${published}`);
}

console.log(`\n${size.clients} clients and ${size.servers} servers, by the policies' own defaults`);
const all = await compare(size);
const found = scenarios.map((scenario) => {
  const figures = all.filter((one) => one.scenario === scenario.name);
  return { scenario, figures, charts: chartsOf(scenario, figures, size) };
});
for (const { scenario, figures } of found) {
  console.log(`\n${scenario.title}. ${scenario.story}\n\n${tableOf(figures)}\n`);
  for (const column of columns) {
    const better = betterIn(column, figures).map(({ policy }) => policy);
    if (better.length > 0) console.log(`better than we, ${column.head}: ${better.join(', ')}`);
  }
}

console.log('\nWhat we say of our defaults\n');
const checks = checksOf(all);
for (const { claim, holds, found } of checks) print(holds, claim, found);

mkdirSync(folder, { recursive: true });
for (const { file, svg } of found.flatMap(({ charts }) => charts)) {
  writeFileSync(join(folder, file), svg);
}
const findings = { size, policies, scenarios: found, papers, checks };
writeFileSync(join(folder, 'index.html'), page(findings));
console.log(`\nCharts and a page that shows them: ${folder.slice(root.length + 1)}/index.html`);

const held = [...papers.map(({ agrees }) => agrees), ...checks.map(({ holds }) => holds)];
const failed = held.filter((holds) => !holds).length;
console.log(`\n${held.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function print(holds: boolean, claim: string, found: string): void {
  console.log(`${holds ? '✓' : '✗'} ${claim}: ${found}`);
}
