import type { Ending } from '../engine/outcomes.ts';

/** One call on its way through its attempts. All times in milliseconds. */
export interface Call {
  readonly start: number;
  /** Requests that have left. */
  attempts: number;
  /** What the policy remembers of the wait before; 0 where there was none. */
  previous: number;
  /** Whether its attempt is a retry that was paid for, and what is to become of the price. */
  paid: 'no' | 'for good' | 'repaid';
}

/** Tells how an attempt ended that was let out. */
export type Report = (ending: Ending, now: number) => void;

/** One client process, as one policy has it. */
export interface Client {
  /** A call begins. */
  begin(now: number): void;
  /** Lets an attempt out, or doesn't. */
  admit(call: Call, now: number): Report | undefined;
  /** The wait before another attempt, or nothing where what came stands. Asked of every end, a good one too. */
  decide(call: Call, ending: Ending, now: number): number | undefined;
}

/** What a fleet does about failure. */
export interface Policy {
  readonly name: string;
  /** The version whose defaults these are, and where they stand. */
  readonly version: string;
  readonly source: string;
  /** After this long an attempt, and the whole call, are given up. */
  readonly attemptTimeout: number;
  readonly totalTimeout: number;
  client(random: () => number): Client;
}
