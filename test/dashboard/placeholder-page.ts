import type { Assets } from '../../src/dashboard/page-assets.ts';

/** A page to fill in, where the real one does not matter. */
export const placeholderPage = async (): Promise<Assets> => ({
  html: '<!doctype html><title>d</title><style></style><script type="module"></script>',
  css: 'body{margin:0}',
  js: 'start()',
});
