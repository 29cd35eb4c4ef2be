import { panels } from '../charts/panels.ts';
import { measures } from '../charts/plot.ts';
import type { Figures } from '../scale/figures.ts';
import type { Scenario, Size } from '../scale/scenarios.ts';
import { milliseconds, percent, times } from './format.ts';

/** A chart, and the file that it is to be. */
export interface Chart {
  readonly file: string;
  readonly svg: string;
}

const whole = (value: number) => `${value.toFixed(0)} %`;

/** What stands beside a policy's name: the figure while the trouble lasts, and the one afterwards. */
const said: Record<string, (figures: Figures) => string> = {
  goodput: ({ during, after }) => `${percent(during.good)} → ${percent(after.good)}`,
  load: ({ during, after }) => `${times(during.load)} → ${times(after.load)}`,
  latency: ({ during, after }) =>
    Number.isNaN(after.p99)
      ? `${milliseconds(during.p99)} → none`
      : `${milliseconds(during.p99)} → ${milliseconds(after.p99)}`,
};

/** The charts of a scenario: what comes of the calls, what is sent for them, and how long they take. */
export function chartsOf(
  scenario: Scenario,
  figures: readonly Figures[],
  { clients, servers }: Size,
): Chart[] {
  const { utilisation } = scenario;
  return measures.map((measure) => {
    const title = `${scenario.title}: ${measure.axis}`;
    const who = `${clients.toLocaleString('en')} client processes, ${servers} servers, ${whole(utilisation)} busy before it.`;
    const subtitle = [
      `${who} Each policy alone, by its own defaults,`,
      'second by second. Beside its name: while something is wrong, then afterwards.',
    ];
    const say = said[measure.name] ?? (() => '');
    return {
      file: `${scenario.name}-${measure.name}.svg`,
      svg: panels({ title, subtitle, say }, scenario, measure, figures),
    };
  });
}
