/** A published result, and what comes of it here. */
export interface Claim {
  readonly paper: string;
  readonly what: string;
  readonly unit: string;
  readonly published: number;
  /** By how much ours may differ; 0 for what is exact. */
  readonly within: number;
  readonly measure: () => number;
}

/** Whether what was measured is what was published. */
export function agrees({ published, within }: Claim, measured: number): boolean {
  return measured === published || Math.abs(measured - published) <= within;
}

/** A claim in one line. */
export function claim(
  paper: string,
  what: string,
  unit: string,
  published: number,
  within: number,
  measure: () => number,
): Claim {
  return { paper, what, unit, published, within, measure };
}

/** What is made once, by whoever asks first. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
