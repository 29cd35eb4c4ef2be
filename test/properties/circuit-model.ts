import type { Fault } from '../../src/decisions/classify.ts';
import type { CircuitRule } from '../../src/decisions/trip.ts';

/** An attempt that was let out: under which rule, before which transitions, and with which place if as a probe. */
export interface Out {
  readonly rule: CircuitRule;
  readonly era: number;
  readonly until: number | undefined;
}

/** An event that is to be told now. How long a break is must lie within bounds, and is taken over as it was told. */
export type Expected =
  | { readonly name: 'circuit.halfOpened' | 'circuit.isolated' }
  | { readonly name: 'circuit.closed'; readonly reason: string }
  | {
      readonly name: 'circuit.opened';
      readonly reason: string;
      readonly between: readonly [number, number];
    };

/**
 * What the contract says of a circuit, in the plainest words: every attempt is kept with its time, and nothing is counted
 * before somebody asks. It shares no code with what it is held against.
 */
export class CircuitModel {
  now = 0;
  state: 'closed' | 'open' | 'half-open' | 'isolated' = 'closed';
  readonly out: Out[] = [];
  #rule: CircuitRule | undefined;
  #era = 0;
  #enforced = true;
  #probeAt = 0;
  #reopenings = 0;
  #successes = 0;
  #places: Out[] = [];
  #ended: { readonly at: number; readonly failed: boolean; readonly slow: boolean }[] = [];
  #longest = 0;
  #row = 0;

  get retryAfter(): number {
    if (this.state === 'isolated') return Number.POSITIVE_INFINITY;
    if (this.state === 'open') return Math.ceil(Math.max(1, this.#probeAt - this.now));
    if (this.state === 'closed' || this.#free > 0) return 0;
    return Math.ceil(Math.min(...this.#taken.map(({ until = 0 }) => until)) - this.now);
  }

  get refusing(): boolean {
    return this.#enforced && this.retryAfter > 0;
  }

  get totals() {
    return this.#count(this.#longest);
  }

  /** Whether the end of an attempt can still decide anything. */
  isHeard({ era }: Out): boolean {
    return era === this.#era;
  }

  /** Whether an attempt that begins now is let out. */
  begin(rule: CircuitRule, lease: number, insists: boolean): boolean {
    if (this.state === 'isolated') return false;
    const isProbe = this.state === 'half-open' && this.#free > 0;
    if (this.state !== 'closed' && !isProbe && !insists) return false;
    const out = { rule, era: this.#era, until: isProbe ? this.now + lease : undefined };
    this.out.push(out);
    if (isProbe) this.#places.push(out);
    return true;
  }

  /** What is to be told when an attempt ends. */
  end(index: number, fault: Fault, slow: boolean, asked: number): Expected[] {
    const [out] = this.out.splice(index, 1);
    if (!out || !this.isHeard(out)) return [];
    this.#places = this.#places.filter((place) => place !== out);
    if (fault === 'ignored') return [];
    if (this.state === 'closed') return this.#sample(out.rule, fault, slow, asked);
    if (fault !== 'success' || slow) {
      if (out.until === undefined) return [];
      this.#reopenings++;
      return this.#open(out.rule, 'probe-failed', asked);
    }
    this.#successes++;
    return this.#successes === this.#rule?.successThreshold ? this.close('probe-succeeded') : [];
  }

  open(rule: CircuitRule): Expected[] {
    if (this.state === 'open' || this.state === 'isolated') return [];
    const reopenings = this.#reopenings;
    this.#reopenings = 0;
    const expected = this.#open(rule, 'manual', 0);
    this.#reopenings = reopenings;
    return expected;
  }

  isolate(rule: CircuitRule): Expected[] {
    if (this.state === 'isolated') return [];
    this.#turn('isolated');
    this.#enforced = rule.enforce;
    return [{ name: 'circuit.isolated' }];
  }

  close(reason = 'manual'): Expected[] {
    if (this.state === 'closed') return [];
    this.#turn('closed');
    this.#reopenings = 0;
    this.#ended = [];
    this.#longest = 0;
    this.#row = 0;
    return [{ name: 'circuit.closed', reason }];
  }

  /** How long the break is that has just begun. */
  lasts(openFor: number): void {
    this.#probeAt = this.now + openFor;
  }

  pass(milliseconds: number): Expected[] {
    this.now += milliseconds;
    if (this.state !== 'open' || this.now < this.#probeAt) return [];
    this.state = 'half-open';
    return [{ name: 'circuit.halfOpened' }];
  }

  /** Probes that hold a place. */
  get #taken(): Out[] {
    return this.#places.filter(({ until = 0 }) => until > this.now);
  }

  get #free(): number {
    return (this.#rule?.probes ?? 0) - this.#taken.length;
  }

  #sample(rule: CircuitRule, fault: Fault, slow: boolean, asked: number): Expected[] {
    this.#longest = Math.max(this.#longest, rule.window);
    // what is older than the longest window that anybody asked for need not be kept for one who asks for more
    this.#ended = this.#ended.filter(({ at }) => this.now - at < this.#longest);
    this.#row = fault === 'success' ? 0 : this.#row + 1;
    this.#ended.push({ at: this.now, failed: fault !== 'success', slow });
    const reason = fault === 'terminal' ? 'terminal-error' : this.#reason(rule);
    return reason ? this.#open(rule, reason, asked) : [];
  }

  #reason(rule: CircuitRule): string | undefined {
    if (this.#row >= rule.consecutiveFailures) return 'consecutive-failures';
    const { attempts, failures, slow } = this.#count(rule.window);
    if (attempts < rule.minimumThroughput) return undefined;
    if (failures >= rule.failureRatio * attempts) return 'failure-ratio';
    const countsSlow = rule.slowCallDuration !== false;
    return countsSlow && slow >= rule.slowCallRatio * attempts ? 'slow-call-ratio' : undefined;
  }

  #count(window: number) {
    const inside = this.#ended.filter(({ at }) => this.now - at < window);
    return {
      attempts: inside.length,
      failures: inside.filter(({ failed }) => failed).length,
      slow: inside.filter(({ slow }) => slow).length,
    };
  }

  #open(rule: CircuitRule, reason: string, asked: number): Expected[] {
    this.#turn('open');
    this.#rule = rule;
    this.#enforced = rule.enforce;
    const doubled = rule.openFor * 2 ** this.#reopenings;
    const vary = this.#reopenings ? [0.8, 1.2] : [1, 1];
    const [least = 0, most = 0] = vary.map((by) =>
      Math.min(rule.maxOpenFor, Math.max(doubled * by, asked)),
    );
    return [{ name: 'circuit.opened', reason, between: [least, most] }];
  }

  #turn(state: CircuitModel['state']): void {
    this.state = state;
    this.#era++;
    this.#places = [];
    this.#successes = 0;
  }
}
