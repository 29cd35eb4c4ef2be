import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { kit } from '../monitoring/kit.ts';
import { commandOf } from './command.ts';

/** What promtool says, with its exit code first. */
function promtool(...given: string[]): string {
  const { status, stdout, stderr } = spawnSync(commandOf('promtool'), given, {
    cwd: kit,
    encoding: 'utf8',
  });
  return `${status}\n${stdout}${stderr}`;
}

test('accepts the configuration, with its 2 files of rules', () => {
  const said = promtool('check', 'config', 'prometheus.yml');
  expect(said).toMatch(/^0\n/);
  expect(said).toContain('SUCCESS: 2 rule files found');
});

test('accepts 16 recording rules and 10 alerts, and has nothing to say against their style', () => {
  const files = ['rules/recording.yml', 'rules/alerts.yml'];
  const said = promtool('check', 'rules', '--lint=all', '--lint-fatal', ...files);
  expect(said).toMatch(/^0\n/);
  expect(said).toMatch(/recording\.yml\n {2}SUCCESS: 16 rules found/);
  expect(said).toMatch(/alerts\.yml\n {2}SUCCESS: 10 rules found/);
});

test.each(['recording', 'alerts'])('passes its tests of %s.yml with 0 failures', (name) => {
  const said = promtool('test', 'rules', `tests/${name}.yml`);
  expect(said).toMatch(/^0\n/);
  expect(said).toContain('SUCCESS');
});
