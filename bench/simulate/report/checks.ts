import type { Figures } from '../scale/figures.ts';
import { percent, seconds, times } from './format.ts';

/** Something that we say of our defaults, whether it is so, and what was seen. */
export interface Check {
  readonly claim: string;
  readonly holds: boolean;
  readonly found: string;
}

/** What we say of our defaults, beside the peers'. */
export function checksOf(all: readonly Figures[]): Check[] {
  const of = (scenario: string, policy = 'resilient-fetch') => {
    const found = all.find((one) => one.scenario === scenario && one.policy === policy);
    if (!found) throw new Error(`nobody simulated ${policy} in ${scenario}`);
    return found;
  };
  return [
    ...zoneOutage(of('zone-outage'), of('zone-outage', 'no retries')),
    ...fullerOutage(of('zone-outage-fuller'), all),
    ...brownOut(of('brown-out'), of('brown-out', 'no retries'), all),
    ...sheddingBrownOut(of('brown-out-shed')),
    ...herd(of('herd'), of('herd', 'ky')),
  ];
}

function zoneOutage(ours: Figures, none: Figures): Check[] {
  const { during, after, recovery } = ours;
  return [
    {
      claim: 'zone outage: 97 % of the calls of its 60 s end well',
      holds: during.good >= 97,
      found: percent(during.good),
    },
    {
      claim: 'zone outage: that costs at most 1.25 requests a call',
      holds: during.load <= 1.25,
      found: times(during.load),
    },
    {
      claim: 'zone outage: recovers no more than 5 s later than without retries',
      holds: recovery <= none.recovery + 5,
      found: `${seconds(recovery)} and ${seconds(none.recovery)}`,
    },
    {
      claim: 'zone outage: 99 % of the calls after it end well',
      holds: after.good >= 99,
      found: percent(after.good),
    },
  ];
}

/** Where retries of what timed out are too much, ours too; only that they come to an end. */
function fullerOutage({ recovery }: Figures, all: readonly Figures[]): Check[] {
  const others = ['got', 'p-retry', 'cockatiel', 'AWS SDK', 'Polly'];
  return [
    {
      claim: 'fuller zone outage: recovers while it is watched, in 150 s',
      holds: Number.isFinite(recovery),
      found: seconds(recovery),
    },
    lost('fuller zone outage', all, 'zone-outage-fuller', others),
  ];
}

function brownOut(ours: Figures, none: Figures, all: readonly Figures[]): Check[] {
  const { during, after, recovery } = ours;
  const others = all.filter(({ scenario }) => scenario === 'brown-out').slice(1);
  const best = Math.max(...others.map((other) => other.after.good));
  return [
    {
      claim: 'brown-out: less than 1 request a call while it lasts',
      holds: during.load < 1,
      found: times(during.load),
    },
    {
      claim: 'brown-out: recovers sooner than without retries',
      holds: recovery < none.recovery,
      found: `${seconds(recovery)} and ${seconds(none.recovery)}`,
    },
    {
      claim: 'brown-out: of the calls after it more end well than with any other policy',
      holds: after.good > best,
      found: `${percent(after.good)}, the next best ${percent(best)}`,
    },
    lost('brown-out', all, 'brown-out', ['got', 'p-retry', 'cockatiel', 'AWS SDK', 'Polly']),
  ];
}

function sheddingBrownOut({ during, recovery }: Figures): Check[] {
  return [
    {
      claim: 'brown-out with shedding: less than 1 request a call while it lasts',
      holds: during.load < 1,
      found: times(during.load),
    },
    {
      claim: 'brown-out with shedding: recovers within a minute',
      holds: recovery <= 60,
      found: seconds(recovery),
    },
  ];
}

/** The first wave comes 10 s after the rush, which was in second 30. */
function herd(ours: Figures, ky: Figures): Check[] {
  const early = Math.max(...ours.seconds.slice(32, 39).map(({ load }) => load));
  const wave = (of: Figures) => Math.max(...of.seconds.slice(39, 45).map(({ load }) => load));
  return [
    {
      claim: 'herd: nobody comes back before the 10 s are over',
      holds: early < 1.2,
      found: `at most ${times(early)} requests a call`,
    },
    {
      claim: 'herd: the wave that comes back is at most 0.8 times as high as without jitter',
      holds: wave(ours) <= 0.8 * wave(ky),
      found: `${times(wave(ours))} and ${times(wave(ky))} requests a call`,
    },
    {
      claim: 'herd: all other calls go on ending well',
      holds: ours.recovery <= 1,
      found: `again after ${seconds(ours.recovery)}`,
    },
    {
      claim: 'herd: more of its calls end well than where all come back at once',
      holds: ours.during.good > ky.during.good,
      found: `${percent(ours.during.good)} and ${percent(ky.during.good)}`,
    },
  ];
}

/** That services do not come back where retries are paid for by nothing. */
function lost(
  name: string,
  all: readonly Figures[],
  scenario: string,
  policies: readonly string[],
): Check {
  const found = all.filter((one) => one.scenario === scenario && policies.includes(one.policy));
  const recoveries = found.map(({ policy, recovery }) => `${policy} ${seconds(recovery)}`);
  return {
    claim: `${name}: the service stays down with ${policies.join(', ')}`,
    holds: found.every(({ recovery }) => recovery === Number.POSITIVE_INFINITY),
    found: recoveries.join(', '),
  };
}
