import { escaped } from '../charts/svg.ts';
import type { Policy } from '../scale/client.ts';
import type { Figures } from '../scale/figures.ts';
import type { Scenario, Size } from '../scale/scenarios.ts';
import type { Chart } from './charts.ts';
import type { Check } from './checks.ts';
import { betterIn, columns } from './table.ts';

/** Everything that was found, on one page. */
export interface Findings {
  readonly size: Size;
  readonly policies: readonly Policy[];
  readonly scenarios: readonly {
    readonly scenario: Scenario;
    readonly figures: readonly Figures[];
    readonly charts: readonly Chart[];
  }[];
  readonly papers: readonly {
    readonly paper: string;
    readonly what: string;
    readonly published: string;
    readonly measured: string;
    readonly agrees: boolean;
  }[];
  readonly checks: readonly Check[];
}

/** A page that stands beside the charts, and needs nothing else. */
export function page({ size, policies, scenarios, papers, checks }: Findings): string {
  const who = `${size.clients.toLocaleString('en')} client processes and ${size.servers} servers`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Simulations of resilient-fetch</title>
<style>${style}</style>
<main>
<h1>What becomes of a service</h1>
<p>${who} in virtual time, by a seeded discrete-event simulator (<code>npm run simulate</code>). A
server has 8 workers and one queue, and its work takes 100 ms on average. Each policy lives through the same trouble alone,
by its own defaults; resilient-fetch by the code that ships. Every attempt is given up after 10 s and every call after 30 s,
which are the defaults of most that have any; a call that is answered 200 by then has ended well.</p>
${scenarios.map(section).join('\n')}
<h2>What we say of our defaults</h2>
${table(
  ['', 'found', ''],
  checks.map(({ claim, found, holds }) => [claim, found, mark(holds)]),
)}
<h2>What others have published, and what comes of it here</h2>
${table(
  ['', '', 'published', 'here', ''],
  papers.map((one) => [one.paper, one.what, one.published, one.measured, mark(one.agrees)]),
)}
<h2>Whose defaults these are</h2>
${table(
  ['', 'version', 'where they stand'],
  policies.map(({ name, version, source }) => [name, version, source]),
)}
</main>
</html>
`;
}

function section({ scenario, figures, charts }: Findings['scenarios'][number]): string {
  const head = ['', ...columns.map((column) => column.head)];
  const rows = figures.map((one) => [one.policy, ...columns.map(({ of, show }) => show(of(one)))]);
  const behind = columns.flatMap((column) => {
    const better = betterIn(column, figures);
    if (better.length === 0) return [];
    const names = better.map((one) => `${one.policy} (${column.show(column.of(one))})`);
    return [`<li>${escaped(column.head)}: ${escaped(names.join(', '))}</li>`];
  });
  const pictures = charts.map(
    ({ file }) => `<img src="${file}" alt="${escaped(scenario.title)}" loading="lazy">`,
  );
  return `<h2>${escaped(scenario.title)}</h2>
<p>${escaped(scenario.story)}</p>
${pictures.join('\n')}
${table(head, rows)}
<p>Better than resilient-fetch here:</p>
<ul>${behind.join('\n')}</ul>`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const row = (cells: readonly string[], kind: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${kind}>${escaped(cell)}</${kind}>`).join('')}</tr>`;
  const body = rows.map((cells) => row(cells, 'td')).join('\n');
  return `<div class="wide"><table><thead>${row(head, 'th')}</thead><tbody>\n${body}\n</tbody></table></div>`;
}

function mark(holds: boolean): string {
  return holds ? 'yes' : 'no';
}

const style = `
:root{color-scheme:light dark;--ink:light-dark(#16202b,#e6ebf1);--soft:light-dark(#566270,#9ba7b4);--line:light-dark(#dde2e8,#28313c)}
body{margin:0;background:light-dark(#f3f5f7,#0c1015);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main{max-width:1060px;margin:0 auto;padding:2rem 1.2rem 4rem}
h1{font-size:1.7rem}h2{margin-top:2.6rem;font-size:1.25rem}p,li{max-width:76ch}
img{display:block;max-width:100%;margin:1rem 0}
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .7rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:600}td:not(:first-child){white-space:nowrap}
`;
