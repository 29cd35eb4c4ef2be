import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { releaseFaults } from '../.ci/release.ts';
import { version as told } from '../src/adapters/version.ts';
import { faultsOf, workflowOf, workflowTexts } from './support/workflows.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const textOf = (name: string) => workflowTexts.get(name) ?? '';

/** What a pull request's author may fill as he likes. */
const expression = ['$', '{{ github.head_ref }}'].join('');

describe('the 2 workflows', () => {
  it.each([...workflowTexts.keys()])('break 0 rules: %s', (name) => {
    expect(faultsOf(textOf(name))).toEqual([]);
  });

  it('test on the 4 Nodes that the matrix here has', () => {
    const [, list = ''] = /versions = \[(.*)\]/.exec(read('.ci/matrix.ts')) ?? [];
    const versions = list.replaceAll("'", '').split(', ');
    expect(versions).toHaveLength(4);
    expect(workflowOf(textOf('ci.yml')).jobs.test?.strategy?.matrix.node).toEqual(versions);
    expect(JSON.parse(read('package.json')).engines.node).toBe(`>=${versions[0]?.slice(0, -2)}`);
  });

  it('publish with provenance, from 1 job that comes after the checks and the pack', () => {
    const { on, jobs } = workflowOf(textOf('release.yml'));
    expect(on).toEqual({ push: { tags: ['v*'] } });
    expect(jobs.publish).toMatchObject({
      needs: 'pack',
      permissions: { contents: 'read', 'id-token': 'write' },
    });
    expect(jobs.pack?.needs).toBe('ci');
    const commands = (name: string) => (jobs[name]?.steps ?? []).map(({ run = '' }) => run);
    expect(commands('publish').at(-1)).toMatch(/^npm publish .*--provenance --access public/);
    expect(commands('pack').join()).toContain('.ci/release.ts "$GITHUB_REF_NAME"');
    const signing = Object.values(jobs).filter(({ permissions }) => permissions?.['id-token']);
    expect(signing).toHaveLength(1);
  });

  it.each([
    ['script', 'npm run lint', 'npm run lnit', 'checks: there is no script lnit'],
    ['file', '- run: .ci/run', '- run: .ci/ran', 'everything: there is no .ci/ran'],
    ['pin', /@de0fac2\w+ # v6.0.2/, '@v6', 'actions/checkout@v6: not pinned'],
    ['rights', 'contents: read', 'contents: write', 'permissions: every job may write'],
    ['expression', 'npm run types', `echo ${expression}`, 'checks: a command has'],
    ['bound', 'timeout-minutes: 90', '', 'everything: may run for hours'],
  ])('can fail, 1 of 6 ways: by a wrong %s', (_, right, wrong, fault) => {
    const faults = faultsOf(textOf('ci.yml').replace(right, wrong));
    expect(faults.join('\n')).toContain(fault);
  });

  it('can fail where the job that signs runs what it has not packed', () => {
    const spoilt = textOf('release.yml').replace('npm publish ./*.tgz', 'npm ci && npm publish');
    expect(faultsOf(spoilt)).toEqual(['publish: runs foreign code where it may sign']);
  });
});

describe('a release', () => {
  const home = 'https://git.example.com/somebody/resilient-fetch';
  const repository = { url: `git+${home}.git` };
  const changelog = '# Changelog\n\n## 1.2.3\n\nNews.\n';

  it.each([
    ['v1.2.3', { version: '1.2.3', repository }, []],
    ['v1.2.4', { version: '1.2.3', repository }, ['the tag is v1.2.4']],
    ['v1.2.3', { version: '1.2.3' }, ['no repository']],
    ['v1.2.3', { version: '1.2.3', repository: 'https://x.example' }, ['this is https://git']],
    ['v2.0.0', { version: '2.0.0', repository }, ['nothing about 2.0.0']],
  ])(
    'of %s is held to package.json and the changelog, in 1 of 5 cases',
    (tag, manifest, faults) => {
      const found = releaseFaults(tag, home, manifest, changelog);
      expect(found).toEqual(faults.map((fault) => expect.stringContaining(fault)));
    },
  );

  it('of the version in package.json has 1 section in the changelog, and tells that 1 version', () => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(told).toBe(version);
    const faults = releaseFaults(
      `v${version}`,
      home,
      { version, repository },
      read('CHANGELOG.md'),
    );
    expect(faults).toEqual([]);
  });
});
