import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

/** Where the kit is. */
export const kit = join(import.meta.dirname, '../../examples/monitoring');

export interface Rule {
  readonly record?: string;
  readonly alert?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly Rule[] }[];
}

const text = (path: string) => readFileSync(join(kit, path), 'utf8');

/** The rules of a file, in their order. */
export function rulesOf(name: 'recording' | 'alerts'): Rule[] {
  const { groups } = parse(text(`rules/${name}.yml`)) as RuleFile;
  return groups.flatMap(({ rules }) => rules);
}

/** The dashboard as it stands in the file. */
export function dashboardFile(): unknown {
  return JSON.parse(text('grafana.json'));
}

/** The tests of a file of rules, as far as they are read here. */
export function alertTests(): { alertname: string; exp_alerts?: unknown[] }[] {
  const { tests } = parse(text('tests/alerts.yml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
  };
  return tests.flatMap(({ alert_rule_test }) => alert_rule_test);
}
