import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as argo from '@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1';
import * as apps from 'kubernetes-models/apps/v1';
import * as autoscaling from 'kubernetes-models/autoscaling/v2';
import * as policy from 'kubernetes-models/policy/v1';
import * as core from 'kubernetes-models/v1';
import { parseAllDocuments } from 'yaml';

/** A Kubernetes object as a file has it. Loose, since the point is to find out what it is. */
// biome-ignore lint/suspicious/noExplicitAny: what a manifest has is what is to be checked
export type Manifest = Record<string, any>;

/** The models that have the schemas, by the apiVersion and kind that they are for. */
const models = new Map<string, new (data: never) => { validate(): void }>(
  Object.values({ ...apps, ...autoscaling, ...policy, ...core, ...argo }).flatMap((model) => {
    const { apiVersion, kind } = model as { apiVersion?: string; kind?: string };
    return apiVersion && kind ? [[`${apiVersion} ${kind}`, model as never] as const] : [];
  }),
);

/** The module whose declarations know each apiVersion. */
const modules: Record<string, string> = {
  v1: 'kubernetes-models/v1',
  'apps/v1': 'kubernetes-models/apps/v1',
  'autoscaling/v2': 'kubernetes-models/autoscaling/v2',
  'policy/v1': 'kubernetes-models/policy/v1',
  'argoproj.io/v1alpha1': '@kubernetes-models/argo-rollouts/argoproj.io/v1alpha1',
};

/** Every object of every file below a folder. */
export function manifestsIn(folder: string): Manifest[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .toSorted()
    .flatMap((name) => parseAllDocuments(readFileSync(join(folder, name), 'utf8')))
    .map((document) => {
      if (document.errors.length > 0) throw document.errors[0];
      return document.toJS() as Manifest;
    });
}

/** What the schema of its kind finds wrong with an object. */
export function schemaFaults(manifest: Manifest): string[] {
  const { apiVersion, kind, ...data } = manifest;
  const Model = models.get(`${apiVersion} ${kind}`);
  if (!Model) return [`${apiVersion} ${kind}: no such kind`];
  try {
    new Model(data as never).validate();
    return [];
  } catch (error) {
    return [`${kind}: ${(error as Error).message}`];
  }
}

/** What a cluster would drop without a word, an unknown key: as a source that the compiler refuses. */
export function asSource(manifests: readonly Manifest[]): string {
  return manifests
    .map(({ apiVersion, kind, ...data }, index) => {
      const type = `import('${modules[apiVersion]}').I${kind}`;
      const value = JSON.stringify({ apiVersion, kind, ...data });
      return `export const manifest${index}: ${type} = ${value};`;
    })
    .join('\n');
}
