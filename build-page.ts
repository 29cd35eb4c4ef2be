import { readFileSync } from 'node:fs';
import { build, type Plugin } from 'rolldown';

// Makes what the dashboard's page is put together from: one script, one style sheet, and its markup.
const page = 'src/dashboard/page';
/** Style sheets, in this order: what is said later stands. */
const sheets = [
  ...['colours', 'base', 'head', 'toolbar', 'card', 'badge', 'details', 'chart', 'plot'],
  ...['decisions', 'dialog', 'narrow', 'preferences'],
];

/** The other two files of the dashboard's page: a handler puts them together with the script. */
const markupAndStyle: Plugin = {
  name: 'markup-and-style',
  generateBundle() {
    const read = (name: string) => readFileSync(`${page}/${name}`, 'utf8');
    const style = sheets.map((name) => read(`style/${name}.css`)).join('');
    const bare = style.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\s+/g, ' ');
    const short = bare.replaceAll(/ ?([{};]) ?/g, '$1');
    this.emitFile({ type: 'asset', fileName: 'page.css', source: short });
    this.emitFile({ type: 'asset', fileName: 'page.html', source: read('page.html') });
  },
};

await build({
  input: { page: `${page}/main.ts` },
  logLevel: 'warn',
  plugins: [markupAndStyle],
  output: { dir: 'dist/dashboard/page', format: 'esm', minify: true, entryFileNames: '[name].js' },
});
