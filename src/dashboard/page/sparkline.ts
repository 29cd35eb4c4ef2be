import type { OriginPicture } from '../feed.ts';
import { drawCalls } from './charts/calls.ts';
import { ribbonHeight, ribbonPaths, ribbonStates } from './charts/circuit.ts';
import { html } from './element.ts';
import { chartHeight } from './paths.ts';
import { plot } from './plot.ts';

/** The calls of the window, above the states of the circuit. */
export function sparkline() {
  const drawn = plot(['area failed', 'area refused', 'area succeeded'], chartHeight);
  const states = plot([...ribbonStates], ribbonHeight);
  const draw = (origin: OriginPicture, bucket: number) => {
    const { paths } = drawCalls(origin.series, bucket);
    drawn.draw(origin.series.calls.length, paths);
    states.draw(origin.series.circuit.length, ribbonPaths(origin.series.circuit));
  };
  return {
    node: html('div', { class: 'spark', 'aria-hidden': 'true' }, drawn.node, states.node),
    draw,
  };
}
