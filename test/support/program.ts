import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where a program is, if it is anywhere: what Debian has in `sbin` is not on everybody's path. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}

/** Where a program is that is Debian's package of the same name. Without it there is nothing that the tests could say. */
export function programNamed(name: string): string {
  const found = findProgram(name);
  if (found !== undefined) return found;
  throw new Error(`These tests need ${name}. Debian: apt-get install ${name}`);
}
