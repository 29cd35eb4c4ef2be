/**
 * How long a client is warmed up, whichever ends first. V8 has compiled the last function of a call for good after 9,000 to
 * 12,000 calls, whoever's they are; until then a fetch takes half as much again.
 */
export interface WarmUp {
  readonly milliseconds: number;
  readonly calls: number;
}

/** How much is measured. Times in milliseconds. */
export interface Sizes {
  readonly rounds: number;
  /** Before each figure. */
  readonly warmUp: WarmUp;
  readonly length: number;
  /** Calls that are held by a silent server. */
  readonly held: number;
  readonly origins: number;
  /** Calls to a stub, for the cost of a strategy. */
  readonly calls: number;
}

const full: Sizes = {
  rounds: Number(process.env.ROUNDS ?? 5),
  warmUp: { milliseconds: 3_000, calls: 13_000 },
  length: 300,
  held: 2_000,
  origins: 10_000,
  calls: 150_000,
};

/** Only shows that everything runs: its figures say nothing. */
const short: Sizes = {
  rounds: 1,
  warmUp: { milliseconds: 40, calls: 100 },
  length: 80,
  held: 100,
  origins: 500,
  calls: 2_000,
};

export const sizesOf = (form: string): Sizes => (form === 'short' ? short : full);

/** Whichever ends first of both. */
export function least(one: WarmUp, other: Partial<WarmUp>): WarmUp {
  return {
    milliseconds: Math.min(one.milliseconds, other.milliseconds ?? Number.POSITIVE_INFINITY),
    calls: Math.min(one.calls, other.calls ?? Number.POSITIVE_INFINITY),
  };
}
