import { agrees } from '../papers/claim.ts';
import { published } from '../papers/published.ts';
import { seconds } from './format.ts';
import type { Findings } from './page.ts';

/** Makes every published result anew. */
export function reproduce(): Findings['papers'] {
  return published.map((claim) => {
    const measured = claim.measure();
    const { paper, what, unit } = claim;
    const show = (value: number) =>
      unit === 's' ? seconds(digits(value)) : `${digits(value)} ${unit}`;
    return {
      paper,
      what,
      published: show(claim.published),
      measured: show(measured),
      agrees: agrees(claim, measured),
    };
  });
}

function digits(value: number): number {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : value;
}
