import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a release must agree with, of package.json. */
export interface Manifest {
  readonly version: string;
  readonly repository?: { readonly url?: string } | string;
}

/**
 * What speaks against a release. npm refuses provenance where `repository` is not the one that the workflow runs in, but
 * only at the very end, so it is asked here.
 *
 * @param tag as it was pushed, `v1.2.3`.
 * @param home the repository's address, without an ending.
 */
export function releaseFaults(
  tag: string,
  home: string,
  { version, repository }: Manifest,
  changelog: string,
): string[] {
  const faults: string[] = [];
  if (tag !== `v${version}`) faults.push(`the tag is ${tag}, and package.json says ${version}`);
  const url = typeof repository === 'string' ? repository : repository?.url;
  if (!url) faults.push('package.json has no repository, so there can be no provenance');
  else if (url.replace(/^git\+/, '').replace(/\.git$/, '') !== home) {
    faults.push(`package.json says that the repository is ${url}, and this is ${home}`);
  }
  if (!changelog.split('\n').some((line) => line.startsWith(`## ${version}`))) {
    faults.push(`CHANGELOG.md says nothing about ${version}`);
  }
  return faults;
}

if (import.meta.main) {
  const [tag = '', home = ''] = process.argv.slice(2);
  const read = (name: string) => readFileSync(join(import.meta.dirname, '..', name), 'utf8');
  const faults = releaseFaults(tag, home, JSON.parse(read('package.json')), read('CHANGELOG.md'));
  for (const fault of faults) console.error(fault);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
