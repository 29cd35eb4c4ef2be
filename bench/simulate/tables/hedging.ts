import { defaultHedge } from '../../../src/decisions/hedging.ts';
import {
  always,
  fanOuts,
  firstCome,
  outage,
  overload,
  type Policy,
  published,
  type Spread,
  shipping,
  type Trouble,
} from '../papers/tail.ts';

/**
 * What second copies gain and what they cost, by the rule that ships, in virtual time: `node bench/simulate/tables/hedging.ts`.
 * The same numbers at every run.
 */
const learnt = defaultHedge;
const fixed = { ...defaultHedge, delay: 10 };
const second = { ...defaultHedge, delay: 1_000 };

console.log('"The Tail at Scale": the slowest of 1,000 calls, 200,000 times; no copy is refused');
for (const delay of [Number.POSITIVE_INFINITY, 10, 20, 50, 100]) {
  const name = Number.isFinite(delay) ? `a copy after ${delay} ms` : 'no copies';
  print(name, published(delay, 200_000, 5));
}

const policies: [name: string, policy: Policy | undefined][] = [
  ['no copies', undefined],
  ['p95, a plain bucket', firstCome(learnt)],
  ['p95', shipping(learnt)],
  ['10 ms', shipping(fixed)],
];
for (const slow of [0.02, 0.05]) {
  for (const origins of [1, 100]) {
    const to = origins === 1 ? '1 origin' : `${origins} origins`;
    console.log(`\nThe slowest of 100 calls to ${to}, ${100 * slow} % slow, 5 times a second`);
    for (const [name, policy] of policies) {
      const size = { calls: 100, origins, trials: 20_000, every: 200, slow, seed: 5 };
      print(name, fanOuts(policy ? { ...size, policy } : size));
    }
  }
}

console.log(
  '\n10 s of trouble at 100 calls a second: copies before, during and after, and the first one',
);
const troubles: Trouble[] = ['refused', '503', 'hanging', 'held', 'ten times slower', 'half 503'];
for (const trouble of troubles) {
  for (const [name, policy] of policies.slice(2)) {
    if (!policy) continue;
    const { before, during, after, resumed } = outage(trouble, policy, 100, 1);
    const shares = [before, during, after].map((share) => `${share.toFixed(2)} %`.padStart(8));
    const first = `${(resumed / 1_000).toFixed(1)} s`.padStart(8);
    console.log(`${trouble}, ${name}`.padEnd(26), ...shares, first);
  }
}

console.log(
  '\nHotOS 2021, a server for 300/s cut off for 10 s: recovered after, copies before and after',
);
for (const rate of [150, 280]) {
  const rules: [name: string, policy: Policy | undefined][] = [
    ['no copies', undefined],
    ['p95', shipping(learnt)],
    ['1 s', shipping(second)],
    ['1 s, always', always(second)],
  ];
  for (const [name, policy] of rules) {
    const { recovered, before, after } = overload(policy, rate, 1);
    const shares = [before, after].map((share) => `${share.toFixed(2)} %`.padStart(9));
    const seconds = Number.isFinite(recovered) ? `${recovered.toFixed(0)} s` : 'never';
    console.log(`${rate}/s, ${name}`.padEnd(26), seconds.padStart(8), ...shares);
  }
}

function print(name: string, { p50, p99, p999, extra }: Spread): void {
  const lengths = [p50, p99, p999].map((length) => `${length.toFixed(0)} ms`.padStart(8));
  console.log(name.padEnd(26), ...lengths, `${extra.toFixed(2)} %`.padStart(8));
}
