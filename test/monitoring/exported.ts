import { metrics } from '@opentelemetry/api';
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/** What Prometheus knows of one name: every label it came with, and every value of each. */
export type Labels = ReadonlyMap<string, ReadonlySet<string>>;

/** Has all clients measured from now on, as a service does. */
export function measure(): PrometheusExporter {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  return exporter;
}

/** Everything that is exported now, by the names that Prometheus gives it. */
export async function exported(exporter: PrometheusExporter): Promise<Map<string, Labels>> {
  const { resourceMetrics } = await exporter.collect();
  return read(new PrometheusSerializer().serialize(resourceMetrics));
}

/** The text format, as far as names and labels go. */
function read(text: string): Map<string, Labels> {
  const names = new Map<string, Map<string, Set<string>>>();
  for (const [, name = '', list = ''] of text.matchAll(/^(\w+)\{(.*)\} \S+$/gm)) {
    const labels = names.get(name) ?? new Map<string, Set<string>>();
    names.set(name, labels);
    for (const [, label = '', value = ''] of list.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
      labels.set(label, (labels.get(label) ?? new Set()).add(value));
  }
  return names;
}
