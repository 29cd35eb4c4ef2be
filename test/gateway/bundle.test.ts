import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadPort } from '../support/fault-server.ts';
import { configFor, Gateway, startUpstreams } from '../support/gateway.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFile(join(root, path), 'utf8');

/** The Dockerfile, done by hand: what the build is given, and what the image has. */
let context = '';
let app = '';

beforeAll(async () => {
  context = await mkdtemp(join(tmpdir(), 'gateway-build-'));
  app = await mkdtemp(join(tmpdir(), 'gateway-app-'));
  await symlink(join(root, 'node_modules'), join(context, 'node_modules'));
  const run = (script: string) =>
    promisify(execFile)('npm', ['run', '--silent', script], { cwd: context });

  const [, building = '', running = ''] = (await read('examples/gateway/Dockerfile')).split(
    'FROM ',
  );
  for (const [, line = ''] of building.matchAll(/^COPY (.*)$/gm)) {
    const names = line.split(' ').slice(0, -1);
    for (const name of names) await cp(join(root, name), join(context, name), { recursive: true });
  }
  await run('build');
  await run('gateway:bundle');
  for (const [, from = '', to = ''] of running.matchAll(
    /^COPY --from=build \/build\/(\S+) (\S+)$/gm,
  )) {
    await cp(await realpath(join(context, from)), join(app, to), { recursive: true });
  }
}, 60_000);
afterAll(async () => {
  for (const folder of [context, app]) await rm(folder, { recursive: true, force: true });
});

describe('the bundle, which the image runs', () => {
  it('serves a page, measures all 4 things that a canary is judged by, and has connections of its own', async () => {
    const upstreams = await startUpstreams('pricing:0', 'recommendations:0');
    if (!upstreams) throw new Error('the upstreams did not start');
    await using _ = upstreams.example;
    const ports = { ...upstreams.ports, catalogue: await deadPort() };
    const config = configFor(ports, { pricing: { pool: true } });
    await using gateway = await new Gateway(config, join(app, 'main.js')).listening();

    expect((await gateway.page('7')).status).toBe(502);
    const quote = { method: 'POST', body: '{"product":"7","quantity":1}' };
    expect((await fetch(`${gateway.url}/quotes`, quote)).status).toBe(201);
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    const analysis = await read('examples/gateway/k8s/canary/analysis.yaml');
    const asked = new Set([...analysis.matchAll(/(?<=rate\()\w+/g)].map(String));
    expect(asked.size).toBe(4);
    expect([...asked].filter((name) => !metrics.includes(`\n${name}{`))).toEqual([]);

    expect((await fetch(`${gateway.adminUrl}/dashboard`)).status).toBe(200);
    gateway.child.kill('SIGTERM');
    expect(await gateway.closed).toBe(0);
  }, 30_000);

  it('is started by the Dockerfile as it is by the Deployment: 1 file, 1 argument', async () => {
    const dockerfile = await read('examples/gateway/Dockerfile');
    const [, command = ''] = /^CMD \[(.*)\]$/m.exec(dockerfile) ?? [];
    const deployment = await read('examples/gateway/k8s/deployment.yaml');
    expect(deployment).toContain(`args: [${command}]`);
    expect(dockerfile).toContain('npm run gateway:bundle');
  });
});
