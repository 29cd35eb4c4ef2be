/** How often a circuit changed. */
export interface Transitions {
  opened: number;
  halfOpened: number;
  closed: number;
}

/** What one side has seen of one target. Everything that is shown is computed from this. */
export interface Tally {
  /** How long each call took, to the end of its body or to its failure, in milliseconds. */
  readonly durations: number[];
  /** The same of those that failed. */
  readonly wasted: number[];
  /** How many calls failed, by what they failed with. */
  readonly failures: Map<string, number>;
  succeeded: number;
  /** Requests that left, or that the upstream saw. */
  requests: number;
  /** There only on the side that has circuits. */
  readonly circuit: Transitions | undefined;
}

export function emptyTally(circuit?: Transitions): Tally {
  return { durations: [], wasted: [], failures: new Map(), succeeded: 0, requests: 0, circuit };
}

/** Times one call to the end of its body. Anything but a 2xx counts as a failure. */
export async function measure(tally: Tally, call: () => Promise<Response>): Promise<void> {
  const start = performance.now();
  let failure: string | undefined;
  try {
    const response = await call();
    await response.arrayBuffer();
    if (!response.ok) failure = String(response.status);
  } catch (error) {
    failure = labelOf(error);
  }
  const duration = performance.now() - start;
  tally.durations.push(duration);
  if (failure === undefined) {
    tally.succeeded++;
  } else {
    tally.wasted.push(duration);
    addTo(tally.failures, failure, 1);
  }
}

/** What all of them together have seen. */
export function sum(tallies: readonly Tally[]): Tally {
  const circuits = tallies.map(({ circuit }) => circuit).filter((circuit) => circuit !== undefined);
  const total = emptyTally(
    circuits.length === 0
      ? undefined
      : {
          opened: addUp(circuits.map(({ opened }) => opened)),
          halfOpened: addUp(circuits.map(({ halfOpened }) => halfOpened)),
          closed: addUp(circuits.map(({ closed }) => closed)),
        },
  );
  total.succeeded = addUp(tallies.map(({ succeeded }) => succeeded));
  total.requests = addUp(tallies.map(({ requests }) => requests));
  for (const { durations, wasted, failures } of tallies) {
    total.durations.push(...durations);
    total.wasted.push(...wasted);
    for (const [label, count] of failures) addTo(total.failures, label, count);
  }
  return total;
}

/** The length that this share of them did not exceed (nearest rank); `undefined` of none. */
export function percentile(durations: readonly number[], share: number): number | undefined {
  const sorted = durations.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
}

function addTo(counts: Map<string, number>, label: string, count: number): void {
  counts.set(label, (counts.get(label) ?? 0) + count);
}

function addUp(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** What tells most about an error in a word: a refusal's name, the network's code, or what fetch said of the cause. */
function labelOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name !== 'TypeError') return error.name;
  const { code, message } = (error.cause ?? error) as Error & { code?: string };
  return code ?? message;
}
