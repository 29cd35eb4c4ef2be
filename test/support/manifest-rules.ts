import type { Manifest } from './manifests.ts';

/** What the gateway has, for the manifests to agree with. */
export interface Facts {
  /** The pages for operators. */
  readonly pages: readonly string[];
  /** What is measured. */
  readonly metrics: RegExp;
}

/** Where the objects do not fit together, or not to the gateway: what no schema of a single one can say. */
export function disagreements(manifests: readonly Manifest[], facts: Facts): string[] {
  const of = (kind: string) => manifests.filter((one) => one.kind === kind);
  return [
    ...of('Deployment').flatMap((deployment) => [
      ...configFaults(deployment, of('ConfigMap')),
      ...probeFaults(deployment, facts.pages),
      ...safetyFaults(deployment),
      ...selectorFaults(deployment, manifests),
    ]),
    ...of('HorizontalPodAutoscaler').flatMap(({ spec }) =>
      missing('HorizontalPodAutoscaler', spec.scaleTargetRef, manifests),
    ),
    ...of('Rollout').flatMap(({ spec }) => [
      ...missing('Rollout', spec.workloadRef, manifests),
      ...analysisFaults(spec.strategy.canary.analysis, of('AnalysisTemplate')),
    ]),
    ...of('AnalysisTemplate').flatMap(({ spec }) => queryFaults(spec, facts.metrics)),
  ];
}

/** Those of some sentences that do not hold. */
function broken(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(rules).filter((rule) => !rules[rule]);
}

const containerOf = ({ spec }: Manifest): Manifest => spec.template.spec.containers[0];

const portsOf = (deployment: Manifest): Record<string, number> =>
  Object.fromEntries(
    containerOf(deployment).ports.map((port: Manifest) => [port.name, port.containerPort]),
  );

function missing(from: string, { kind, name }: Manifest, manifests: readonly Manifest[]): string[] {
  const found = manifests.some((one) => one.kind === kind && one.metadata.name === name);
  return found ? [] : [`${from}: there is no ${kind} ${name}`];
}

/** The file that the process is started with: that it is mounted, and says what the pod says. */
function configFaults(deployment: Manifest, maps: readonly Manifest[]): string[] {
  const { volumes, terminationGracePeriodSeconds } = deployment.spec.template.spec;
  const { volumeMounts, args, lifecycle } = containerOf(deployment);
  const map = maps.find(({ metadata }) => metadata.name === volumes[0].configMap.name);
  const text = map?.data[args.at(-1).replace(`${volumeMounts[0].mountPath}/`, '')];
  if (!text) return ['the argument: no such file in a ConfigMap'];
  const { host, port, adminPort, drain } = JSON.parse(text);
  const { http, admin } = portsOf(deployment);
  // the last 4 s are what shutdown.ts gives clients and telemetry
  const needed = lifecycle.preStop.sleep.seconds * 1_000 + drain.notice + drain.bound + 4_000;
  const given = terminationGracePeriodSeconds * 1_000;
  return broken({
    'the ports: those of gateway.json are others': http === port && admin === adminPort,
    'the host: not reachable from outside of the pod': host === '0.0.0.0',
    [`terminationGracePeriodSeconds: ${given} ms for a drain of ${needed} ms`]: given > needed,
  });
}

function probeFaults(deployment: Manifest, pages: readonly string[]): string[] {
  const container = containerOf(deployment);
  const ports = portsOf(deployment);
  const annotations = deployment.spec.template.metadata.annotations;
  const faults = ['startupProbe', 'livenessProbe', 'readinessProbe'].flatMap((name) => {
    const { path, port } = container[name].httpGet;
    return broken({
      [`${name}: ${path} is no page of the gateway`]: pages.includes(path),
      [`${name}: ${port} is not the port of the operators`]: port === 'admin' && port in ports,
    });
  });
  return faults.concat(
    broken({
      'livenessProbe: asks for upstreams': container.livenessProbe.httpGet.path !== '/ready',
      'the annotations: there are no metrics':
        pages.includes(annotations['prometheus.io/path']) &&
        Number(annotations['prometheus.io/port']) === ports.admin,
    }),
  );
}

function safetyFaults(deployment: Manifest): string[] {
  const { securityContext: pod } = deployment.spec.template.spec;
  const { securityContext: own, resources } = containerOf(deployment);
  return broken({
    'securityContext: may be root': pod.runAsNonRoot === true,
    'securityContext: may write': own.readOnlyRootFilesystem === true,
    'securityContext: may become more': own.allowPrivilegeEscalation === false,
    'resources: no limit for cpu': 'cpu' in resources.limits,
    'resources: no limit for memory': 'memory' in resources.limits,
  });
}

function selectorFaults(deployment: Manifest, manifests: readonly Manifest[]): string[] {
  const { metadata, spec } = deployment.spec.template;
  const selectors: [string, Manifest][] = manifests.flatMap(({ kind, spec }) => {
    const selector = spec?.selector?.matchLabels ?? spec?.selector;
    return selector ? [[kind, selector]] : [];
  });
  for (const { labelSelector } of spec.topologySpreadConstraints) {
    selectors.push(['topologySpreadConstraints', labelSelector.matchLabels]);
  }
  const ports = manifests
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ spec }) => spec.ports);
  return [
    ...selectors
      .filter(([, labels]) =>
        Object.entries(labels).some(([key, value]) => metadata.labels[key] !== value),
      )
      .map(([kind]) => `${kind}: selects other pods`),
    ...ports
      .filter(({ targetPort }) => targetPort !== 'http' || !(targetPort in portsOf(deployment)))
      .map(({ targetPort }) => `Service: ${targetPort} is not the port for everybody`),
  ];
}

/** That the analysis of a rollout is there, and is given all that it asks for. */
function analysisFaults({ templates, args }: Manifest, known: readonly Manifest[]): string[] {
  return templates.flatMap(({ templateName }: Manifest) => {
    const template = known.find(({ metadata }) => metadata.name === templateName);
    if (!template) return [`Rollout: there is no AnalysisTemplate ${templateName}`];
    const given = args.map(({ name }: Manifest) => name);
    return template.spec.args
      .filter(({ name, value }: Manifest) => value === undefined && !given.includes(name))
      .map(({ name }: Manifest) => `Rollout: gives no ${name}`);
  });
}

function queryFaults({ args, metrics: questions }: Manifest, metrics: RegExp): string[] {
  const declared = args.map(({ name }: Manifest) => `args.${name}`);
  return questions.flatMap(({ name, provider }: Manifest) => {
    const text: string = provider.prometheus.query;
    const asked = [...text.matchAll(/(?<=rate\()\w+/g)].map(String);
    const used = [...text.matchAll(/(?<=\{\{).*?(?=\}\})/g)].map(String);
    return broken({
      [`${name}: asks for a metric that there is not`]:
        asked.length > 0 && asked.every((metric) => metrics.test(metric)),
      [`${name}: an argument that is not declared`]: used.every((one) => declared.includes(one)),
    });
  });
}
