import type { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { afterAll, beforeAll } from 'vitest';
import { instruments } from '../../src/adapters/instruments.ts';
import { exported, type Labels, measure } from './exported.ts';
import { openScene, type Scene } from './scene.ts';

/** What a client exports that has something to tell by every metric: there once the file's tests begin. */
export function exportedNames(): Map<string, Labels> {
  const names = new Map<string, Labels>();
  let exporter: PrometheusExporter;
  let scene: Scene;

  beforeAll(async () => {
    exporter = measure();
    scene = await openScene();
    // whether a second copy wins is for the machine to decide, so it gets more than one chance
    for (let round = 0; round < 5 && !isWhole(names); round++) {
      await scene.round();
      for (const [name, labels] of await exported(exporter)) names.set(name, labels);
    }
  });

  afterAll(async () => {
    await scene.close();
    await exporter.shutdown();
  });

  return names;
}

function isWhole(names: ReadonlyMap<string, Labels>): boolean {
  const told = [...names.keys()];
  return Object.keys(instruments).every((name) => {
    return told.some((given) => given.startsWith(name.replaceAll('.', '_')));
  });
}
