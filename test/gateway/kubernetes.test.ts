import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { createDashboard } from 'resilient-fetch/dashboard';
import { describe, expect, it } from 'vitest';
import { checkConfig } from '../../examples/gateway/config.ts';
import { operatorPages } from '../../examples/gateway/operator.ts';
import { disagreements } from '../support/manifest-rules.ts';
import { asSource, type Manifest, manifestsIn, schemaFaults } from '../support/manifests.ts';

const root = join(import.meta.dirname, '../..');
const manifests = manifestsIn(join(root, 'examples/gateway/k8s'));

/** The pages that the gateway has for operators, of those that a manifest could mean. */
const pages = ['/healthz', '/ready', '/metrics', '/live', '/health', '/'].filter((url) => {
  let status = 200;
  const response = { writeHead: (given: number) => (status = given), end: () => undefined };
  const readiness = () => ({ ready: true, draining: false, dependencies: {} }) as never;
  const telemetry = { scrape: () => undefined, close: async () => undefined };
  const show = operatorPages(readiness, telemetry, createDashboard());
  show({ url } as IncomingMessage, response as unknown as ServerResponse);
  return status !== 404;
});

/** What the gateway and its clients measure, by the names that the exporter for Prometheus gives. */
const metrics =
  /^(http_server_request_duration_(count|bucket|sum)|resilient_fetch_(retries_total|call_duration_count))$/;

const faultsIn = (given: readonly Manifest[]) => {
  const faults = given.flatMap(schemaFaults);
  return faults.length > 0 ? faults : disagreements(given, { pages, metrics });
};

/** Refuses keys that no schema forbids, and a cluster drops: a `readinesProbe` would never be asked. */
async function misspelt(given: readonly Manifest[]): Promise<string[]> {
  const folder = await mkdtemp(join(root, 'node_modules/.manifests-'));
  try {
    const file = join(folder, 'manifests.ts');
    await writeFile(file, asSource(given));
    const flags = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck'];
    const types = ['--module', 'nodenext', '--target', 'es2024', '--types', 'node'];
    return await new Promise((resolve) => {
      const tsc = join(root, 'node_modules/.bin/tsc');
      execFile(process.execPath, [tsc, ...flags, ...types, file], { cwd: root }, (_, out) =>
        resolve(out.split('\n').filter((line) => line.includes('error'))),
      );
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

describe('the 8 manifests', () => {
  it('are what Kubernetes and Argo Rollouts know: 0 faults', () => {
    const kinds = manifests.map(({ kind }) => kind).toSorted();
    expect(kinds).toEqual([
      ...['AnalysisTemplate', 'ConfigMap', 'Deployment', 'HorizontalPodAutoscaler'],
      ...['HorizontalPodAutoscaler', 'PodDisruptionBudget', 'Rollout', 'Service'],
    ]);
    expect(manifests.flatMap(schemaFaults)).toEqual([]);
  });

  it('fit together, and to the gateway: 0 faults', () => {
    expect(pages).toEqual(['/healthz', '/ready', '/metrics']);
    expect(disagreements(manifests, { pages, metrics })).toEqual([]);
  });

  it('hold a configuration that the gateway takes, with 3 upstreams', () => {
    const map = manifests.find(({ kind }) => kind === 'ConfigMap');
    const { upstreams } = checkConfig(map?.data['gateway.json']);
    expect(Object.keys(upstreams)).toHaveLength(3);
  });

  it('have 0 keys that are misspelt, and 1 would be found', async () => {
    const wrong = structuredClone(manifests);
    const container = containerOf(wrong);
    container.readinesProbe = container.readinessProbe;
    const [faults, found] = await Promise.all([misspelt(manifests), misspelt(wrong)]);
    expect(faults).toEqual([]);
    expect(found).toEqual([expect.stringContaining('readinesProbe')]);
  }, 30_000);
});

const one = (all: readonly Manifest[], kind: string): Manifest => {
  const found = all.find((manifest) => manifest.kind === kind);
  if (!found) throw new Error(`there is no ${kind}`);
  return found;
};
const specOf = (all: readonly Manifest[], kind: string) => one(all, kind).spec as Manifest;
const podOf = (all: readonly Manifest[]) => specOf(all, 'Deployment').template as Manifest;
const containerOf = (all: readonly Manifest[]) => podOf(all).spec.containers[0] as Manifest;

describe('a manifest that is wrong', () => {
  it.each<[string, (all: Manifest[]) => void, RegExp]>([
    ['kind', (all) => (one(all, 'Service').kind = 'Servce'), /no such kind/],
    ['apiVersion', (all) => (one(all, 'Deployment').apiVersion = 'apps/v2'), /no such kind/],
    [
      'type',
      (all) => (specOf(all, 'HorizontalPodAutoscaler').minReplicas = 'three'),
      /minReplicas/,
    ],
    ['missing part', (all) => delete specOf(all, 'Deployment').selector, /selector/],
    ['analysis', (all) => delete specOf(all, 'AnalysisTemplate').metrics[0].provider, /provider/],
    [
      'weight',
      (all) => (specOf(all, 'Rollout').strategy.canary.steps[0].setWeight = 'x'),
      /setWeight/,
    ],
    ['probe path', (all) => (containerOf(all).readinessProbe.httpGet.path = '/readyz'), /readyz/],
    [
      'probe port',
      (all) => (containerOf(all).livenessProbe.httpGet.port = 'http'),
      /livenessProbe/,
    ],
    ['liveness', (all) => (containerOf(all).livenessProbe.httpGet.path = '/ready'), /upstreams/],
    ['container port', (all) => (containerOf(all).ports[0].containerPort = 80), /the ports/],
    ['selector', (all) => (specOf(all, 'Service').selector = { app: 'x' }), /Service: selects/],
    ['labels', (all) => (podOf(all).metadata.labels = { app: 'x' }), /Deployment: selects/],
    ['grace', (all) => (podOf(all).spec.terminationGracePeriodSeconds = 25), /25000 ms/],
    ['volume', (all) => (one(all, 'ConfigMap').metadata.name = 'other'), /no such file/],
    ['target', (all) => (specOf(all, 'Rollout').workloadRef.name = 'other'), /no Deployment other/],
    ['root', (all) => (podOf(all).spec.securityContext.runAsNonRoot = false), /may be root/],
    ['limits', (all) => delete containerOf(all).resources.limits.memory, /limit for memory/],
    [
      'metric',
      (all) => {
        const { prometheus } = specOf(all, 'AnalysisTemplate').metrics[0].provider;
        prometheus.query = prometheus.query.replaceAll('duration', 'durations');
      },
      /bugs: asks for a metric/,
    ],
  ])('is found in 1 of 18 ways: its %s', (_, spoil, fault) => {
    const wrong = structuredClone(manifests);
    spoil(wrong);
    const faults = faultsIn(wrong);
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).toMatch(fault);
  });
});
