import { growth, layered } from './amplification.ts';
import { type Claim, claim, lazy } from './claim.ts';
import { published as tail } from './tail.ts';
import { google, settled, throttled } from './throttling.ts';

/** What a throttled fleet costs a server in rejections. */
export function throttles(): Claim[] {
  const paper = 'Site Reliability Engineering, chapter 21, client-side throttling';
  const figures = [
    [100, 2, 0],
    [500, 2, 1],
    [1_000, 2, 0.98],
    [1_000, 1.5, 0.49],
    [1_000, 1.1, 0.1],
  ] as const;
  return figures.map(([demand, k, rejections]) => {
    const what = `K = ${k}, ${demand} calls/s for a server of 100/s`;
    const measure = () => settled(throttled({ ...google, k }, demand, () => 100, 600)).rejections;
    return claim(paper, what, 'rejections for each acceptance', rejections, 0.05, measure);
  });
}

/** How retries multiply a load, in one layer and across several. */
export function amplification(): Claim[] {
  const paper = 'Site Reliability Engineering, chapters 21 and 22, amplification';
  return [
    claim(paper, '3 attempts, 99 % rejected', '×', 2.97, 0.01, () => growth(0.99, false)),
    claim(paper, '3 attempts on a 10 % budget', '×', 1.1, 0.01, () => growth(0.99, true)),
    claim(paper, '3 layers of 4 attempts', 'requests', 64, 0, () => layered(3, 3)),
    claim("Amazon Builders' Library", '5 layers of 3 attempts', 'requests', 243, 0, () =>
      layered(5, 2),
    ),
  ];
}

/** What second copies do to the tail, within 5 %. */
export function hedging(): Claim[] {
  const paper = 'The Tail at Scale (Dean and Barroso 2013), 1,000 calls';
  const never = lazy(() => tail(Number.POSITIVE_INFINITY, 200_000, 5));
  const after10 = lazy(() => tail(10, 200_000, 5));
  return [
    claim(paper, 'p99.9 without copies', 'ms', 1_771, 0.05 * 1_771, () => never().p999),
    claim(paper, 'p99.9 with one after 10 ms', 'ms', 72, 0.05 * 72, () => after10().p999),
    claim(paper, 'copies', '%', 2, 0.05 * 2, () => after10().extra),
  ];
}
