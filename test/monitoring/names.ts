import type { Labels } from './exported.ts';
import { asked } from './promql.ts';

/** What Prometheus itself adds to what it scrapes. */
const scraped = ['job', 'instance'];

/**
 * What is wrong with the names in an expression, a line for each: a metric that is not exported, a label that it does not
 * have, a value that this label never takes. `recorded` are names that rules record, with their labels.
 */
export function faultsIn(
  expression: string,
  exported: ReadonlyMap<string, Labels>,
  recorded: ReadonlyMap<string, readonly string[]> = new Map(),
): string[] {
  const { selectors, grouping } = asked(expression);
  const faults: string[] = [];
  const known = new Set(scraped);
  for (const { name, matchers } of selectors) {
    const labels = exported.get(name);
    const names = labels ? [...labels.keys()] : recorded.get(name);
    if (!names) faults.push(`${name} is not exported`);
    for (const label of names ?? []) known.add(label);
    for (const { label, operator, value } of matchers) {
      const values = labels?.get(label);
      if (!values) faults.push(`${name} has no label ${label}`);
      // what is asked for must be there to be found; a variable of Grafana's may be anything
      else if (operator.startsWith('=') && value !== '' && !value.startsWith('$')) {
        const wanted = new RegExp(`^(?:${value})$`);
        if (![...values].some((one) => (operator === '=' ? one === value : wanted.test(one))))
          faults.push(`${name} has no ${label} like ${value}`);
      }
    }
  }
  for (const label of grouping)
    if (!known.has(label)) faults.push(`nothing in it has the label ${label}`);
  return faults;
}
