import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documentOf } from '../../src/dashboard/document.ts';
import { readAssets } from '../../src/dashboard/page-assets.ts';

const built = new URL('../../dist/dashboard/page/page.js', import.meta.url);

test('finds the 3 files that the build has made, from the sources as well', async () => {
  if (!existsSync(built)) {
    await expect(readAssets()).rejects.toThrow('run `npm run build`');
    return;
  }
  const { html } = documentOf(await readAssets());
  expect(html.match(/<style>./gs)).toHaveLength(1);
  expect(html.match(/<script type="module">./gs)).toHaveLength(1);
});
