import { type HedgeRule, Hedging, waitToAskAgain } from '../../../src/decisions/hedging.ts';
import { defaultBudget, RetryBudget } from '../../../src/decisions/retry-budget.ts';
import { seeded } from '../../../src/testing/seeded.ts';
import { Simulation } from '../engine/simulation.ts';

/** How a server answers a request: after so many milliseconds (infinite: never), well or not. */
export interface Answer {
  readonly after: number;
  readonly failed: boolean;
}

type Server = (now: number) => Answer;

/** As much of `Hedging` as a call needs, so that other rules can be compared with it. */
type Hedger = Pick<Hedging, 'delay' | 'passed' | 'refusal' | 'sent' | 'answered' | 'failed'>;

/** A rule that is simulated, and what carries it out, one for each origin. */
export interface Policy {
  readonly rule: HedgeRule;
  readonly hedger: () => Hedger;
  /** Whether a call that was refused asks again later. */
  readonly asksAgain: boolean;
  /** Whether a copy needs a token of the retry budget too. */
  readonly sharesBudget: boolean;
}

/** The rule as it ships. */
export function shipping(rule: HedgeRule): Policy {
  return { rule, hedger: () => new Hedging(), asksAgain: true, sharesBudget: true };
}

/** A bucket of 10 tokens, a share of one for each success, for whoever comes first: what a plain budget gives. */
export function firstCome(rule: HedgeRule): Policy {
  return { rule, hedger: () => new FirstCome(), asksAgain: false, sharesBudget: true };
}

/** A copy for each call that reaches its delay. */
export function always(rule: HedgeRule): Policy {
  return { rule, hedger: () => new Always(), asksAgain: false, sharesBudget: false };
}

class FirstCome implements Hedger {
  readonly #learnt = new Hedging();
  #tokens = 10;

  delay(rule: HedgeRule, now: number): number {
    return this.#learnt.delay(rule, now);
  }
  passed(): void {}
  refusal(): 'extra-load' | undefined {
    return this.#tokens >= 1 ? undefined : 'extra-load';
  }
  sent(): void {
    this.#tokens--;
  }
  answered(rule: HedgeRule, duration: number, passed: boolean, now: number): void {
    this.#tokens = Math.min(10, this.#tokens + rule.maxExtraLoad);
    this.#learnt.answered(rule, duration, passed, now);
  }
  failed(): void {}
}

class Always extends FirstCome {
  override refusal(): undefined {}
}

/** The tail that three published figures of "The Tail at Scale" determine: 2 % slower than 10 ms, and how much. */
export function slowAnswer(random: () => number): number {
  return 20.41 * (1 - random()) ** (-1 / 2.208) - 10.41;
}

/** Answers within 10 ms, but for a share that follows that tail. */
export function calibrated(random: () => number, slow: number): Server {
  return () => {
    const after = random() < slow ? slowAnswer(random) : 1 + 9 * random();
    return { after, failed: false };
  };
}

/** What a simulation counts. */
class Traffic {
  readonly time: Simulation;
  readonly sentAt: number[] = [];
  readonly startedAt: number[] = [];
  readonly #timeout: number;

  constructor(seed: number, timeout = 10_000) {
    this.time = new Simulation(seed);
    this.#timeout = timeout;
  }

  /** One call, as the strategy makes it: two copies at the most, the first good answer counts. */
  call(
    server: Server,
    done: (duration: number) => void,
    policy: Policy | undefined,
    origin: Origin,
  ): void {
    const { time } = this;
    const start = time.now;
    this.startedAt.push(start);
    let [underWay, settled, passed] = [0, false, false];
    const delay = (policy && origin.hedger?.delay(policy.rule, start)) ?? Number.POSITIVE_INFINITY;

    const send = () => {
      underWay++;
      const { after, failed } = server(time.now);
      time.after(Math.min(after, this.#timeout), () => {
        underWay--;
        if (!settled) end(failed || after > this.#timeout);
      });
    };
    const end = (failed: boolean) => {
      if (failed && underWay > 0) return;
      settled = true;
      const age = time.now - start;
      if (failed) origin.hedger?.failed(passed, time.now);
      else {
        if (policy) origin.hedger?.answered(policy.rule, age, passed, time.now);
        origin.budget.deposit(defaultBudget, time.now);
      }
      done(age);
    };
    const ask = () => {
      if (settled || !policy || !origin.hedger) return;
      const age = time.now - start;
      if (!passed) origin.hedger.passed(time.now);
      passed = true;
      const reason = origin.hedger.refusal(policy.rule, delay, age, time.now);
      if (reason || (policy.sharesBudget && !origin.budget.take(defaultBudget, time.now))) {
        if (policy.asksAgain) time.after(waitToAskAgain(age), ask);
        return;
      }
      origin.hedger.sent();
      this.sentAt.push(time.now);
      send();
    };
    send();
    if (delay < Number.POSITIVE_INFINITY) time.after(delay, ask);
  }

  /** Second copies that were sent in a stretch of time, in percent of the calls begun in it. */
  extraLoad(from: number, to: number): number {
    const within = (at: number) => at >= from && at < to;
    return (100 * this.sentAt.filter(within).length) / this.startedAt.filter(within).length;
  }
}

/** What a client keeps of an origin. */
interface Origin {
  readonly hedger: Hedger | undefined;
  readonly budget: RetryBudget;
}

function originOf(policy: Policy | undefined): Origin {
  return { hedger: policy?.hedger(), budget: new RetryBudget() };
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** Second copies, in percent of the calls. */
  readonly extra: number;
}

/**
 * "The Tail at Scale": the slowest of 1,000 calls, with a second copy for each that has waited so long, none refused.
 * Only the slow ones are drawn, since the others are over before that.
 *
 * @param delay infinite for no copies.
 */
export function published(delay: number, trials: number, seed: number): Spread {
  const random = seeded(seed);
  const toNextSlow = () => Math.ceil(Math.log(1 - random()) / Math.log(1 - 0.02));
  const slowest: number[] = [];
  let copies = 0;
  for (let trial = 0; trial < trials; trial++) {
    let worst = 10;
    for (let key = toNextSlow(); key <= 1_000; key += toNextSlow()) {
      let answer = slowAnswer(random);
      if (answer > delay) {
        copies++;
        const second = random() < 0.02 ? slowAnswer(random) : 1 + 9 * random();
        answer = Math.min(answer, delay + second);
      }
      worst = Math.max(worst, answer);
    }
    slowest.push(worst);
  }
  return spreadOf(slowest, (100 * copies) / (1_000 * trials));
}

/** Fan-outs of calls that begin at once: how long their slowest takes. */
export interface FanOut {
  readonly calls: number;
  readonly origins: number;
  readonly trials: number;
  /** Milliseconds from one to the next. */
  readonly every: number;
  /** The share of slow answers. */
  readonly slow: number;
  readonly policy?: Policy;
  readonly seed: number;
}

export function fanOuts(options: FanOut): Spread {
  const { calls, trials, every, slow, policy, seed } = options;
  const traffic = new Traffic(seed);
  const server = calibrated(traffic.time.random, slow);
  const origins = Array.from({ length: options.origins }, () => originOf(policy));
  const slowest: number[] = [];
  let begun = 0;
  const begin = () => {
    const index = begun++;
    let worst = 0;
    const done = (duration: number) => {
      worst = Math.max(worst, duration);
      slowest[index] = worst;
    };
    for (let call = 0; call < calls; call++) {
      const origin = origins[call % origins.length];
      if (origin) traffic.call(server, done, policy, origin);
    }
    if (begun < trials) traffic.time.after(every, begin);
  };
  begin();
  traffic.time.run(Number.POSITIVE_INFINITY);
  const extra = (100 * traffic.sentAt.length) / traffic.startedAt.length;
  return spreadOf(slowest.slice(trials / 50), extra);
}

function spreadOf(values: readonly number[], extra: number): Spread {
  const [p50 = 0, p99 = 0, p999 = 0] = [0.5, 0.99, 0.999].map((share) => quantileOf(values, share));
  return { p50, p99, p999, extra };
}

/** What can be wrong with a server for a while. `held`: all that comes in is answered when it is over. */
export type Trouble = 'refused' | '503' | 'hanging' | 'held' | 'ten times slower' | 'half 503';

export interface OutageOutcome {
  /** Second copies in percent of the calls: before, during, and from 5 s after it. */
  readonly before: number;
  readonly during: number;
  readonly after: number;
  /** Milliseconds from its end to the next copy. */
  readonly resumed: number;
}

/** Ten seconds of trouble, after a minute without, at so many calls a second. */
export function outage(
  trouble: Trouble,
  policy: Policy,
  rate: number,
  seed: number,
): OutageOutcome {
  const [from, to, end] = [60_000, 70_000, 100_000];
  const traffic = new Traffic(seed);
  const { random } = traffic.time;
  const well = calibrated(random, 0.02);
  const server = (now: number): Answer => {
    const answer = well(now);
    if (now < from || now >= to) return answer;
    const { after } = answer;
    if (trouble === 'refused') return { after: 0.5, failed: true };
    if (trouble === 'hanging') return { after: Number.POSITIVE_INFINITY, failed: true };
    if (trouble === 'held') return { after: to - now + after, failed: false };
    if (trouble === 'ten times slower') return { after: 10 * after, failed: false };
    const failed = trouble === '503' || random() < 0.5;
    return failed ? { after: 2, failed } : answer;
  };
  arrivals(traffic, server, policy, rate, end);
  return {
    before: traffic.extraLoad(20_000, from),
    during: traffic.extraLoad(from, to),
    after: traffic.extraLoad(to + 5_000, end),
    resumed: (traffic.sentAt.find((at) => at >= to) ?? Number.POSITIVE_INFINITY) - to,
  };
}

export interface OverloadOutcome {
  /** Seconds from the end of the outage until no call takes a second any more; infinite if that does not come. */
  readonly recovered: number;
  /** Second copies in percent of the calls: before the outage, and in the half minute after it. */
  readonly before: number;
  readonly after: number;
}

/**
 * The metastable failure of HotOS 2021: a server for 300 requests a second, one after another, that is cut off for ten
 * seconds and then finds all that was sent meanwhile at its door. Nothing that was sent is ever taken back.
 */
export function overload(policy: Policy | undefined, rate: number, seed: number): OverloadOutcome {
  const [from, to, end] = [60_000, 70_000, 240_000];
  const traffic = new Traffic(seed, Number.POSITIVE_INFINITY);
  let free = 0;
  const server = (now: number): Answer => {
    free = Math.max(free, now >= from && now < to ? to : now) + 1_000 / 300;
    return { after: free - now, failed: false };
  };
  let lastSlow = to;
  let waiting = 0;
  arrivals(traffic, server, policy, rate, end, (start, duration) => {
    waiting--;
    if (duration > 1_000) lastSlow = Math.max(lastSlow, start);
  });
  waiting += traffic.startedAt.length;
  return {
    recovered: waiting > rate ? Number.POSITIVE_INFINITY : (lastSlow - to) / 1_000,
    before: traffic.extraLoad(20_000, from),
    after: traffic.extraLoad(to, to + 30_000),
  };
}

/** Calls to one origin that come at random, as from many users. */
function arrivals(
  traffic: Traffic,
  server: Server,
  policy: Policy | undefined,
  rate: number,
  end: number,
  done: (start: number, duration: number) => void = () => {},
): void {
  const { time } = traffic;
  const origin = originOf(policy);
  time.poisson(
    () => rate,
    () => {
      const start = time.now;
      traffic.call(server, (duration) => done(start, duration), policy, origin);
    },
  );
  time.run(end);
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
