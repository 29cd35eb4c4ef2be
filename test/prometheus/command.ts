import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program of Prometheus's is. Without it there is nothing that these tests could say. */
export function commandOf(name: 'prometheus' | 'promtool'): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, name)).find(existsSync);
  if (found === undefined) {
    throw new Error(
      `These tests need Prometheus, and there is no ${name} on the path. Debian: apt-get install prometheus`,
    );
  }
  return found;
}
