import { access, readFile } from 'node:fs/promises';

/** What the page is made of. */
export interface Assets {
  readonly html: string;
  readonly css: string;
  readonly js: string;
}

/** Beside this file where it was built, and in what was built where it runs from its source. */
const folders = [
  new URL('./page/', import.meta.url),
  new URL('../../dist/dashboard/page/', import.meta.url),
];

/** Reads the three files that the build has made. */
export async function readAssets(): Promise<Assets> {
  const folder = await builtFolder();
  const read = (name: string) => readFile(new URL(name, folder), 'utf8');
  const [html, css, js] = await Promise.all([read('page.html'), read('page.css'), read('page.js')]);
  return { html, css, js };
}

async function builtFolder(): Promise<URL> {
  for (const folder of folders) {
    const script = new URL('page.js', folder);
    const isThere = await access(script).then(
      () => true,
      () => false,
    );
    if (isThere) return folder;
  }
  throw new Error("the dashboard's page is not built: run `npm run build`");
}
