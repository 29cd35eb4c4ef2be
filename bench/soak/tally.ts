/** How much later than its deadline a call may settle, in milliseconds. */
const grace = 50;

/** What a call may end with: everything that the README names, and no bug. */
const foreseen = [
  ...['TimeoutError', 'CircuitOpenError', 'ConcurrencyLimitError', 'CooldownError'],
  ...['ThrottledError', 'BodyChangedError'],
];

/** What became of the calls. */
export class Tally {
  begun = 0;
  ended = 0;
  /** Calls that settled more than 50 ms after their deadline, and after their abort. */
  lateCalls = 0;
  lateAborts = 0;
  /** In milliseconds. */
  latest = 0;
  readonly counts = new Map<string, number>();
  readonly unforeseen = new Map<string, number>();

  begin(): void {
    this.begun++;
  }

  end(): void {
    this.ended++;
  }

  late(milliseconds: number, afterAbort: boolean): void {
    this.latest = Math.max(this.latest, milliseconds);
    if (milliseconds <= grace) return;
    if (afterAbort) this.lateAborts++;
    else this.lateCalls++;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  failed(error: unknown, where: 'call' | 'body'): void {
    const name = nameOf(error);
    this.count(`${where}: ${name ?? 'unforeseen'}`);
    if (name !== undefined) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.unforeseen.set(text, (this.unforeseen.get(text) ?? 0) + 1);
  }
}

function nameOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.message === 'the caller has enough') return 'aborted';
  const { code } = (error.cause ?? {}) as { code?: unknown };
  if (error instanceof TypeError && typeof code === 'string') return code;
  return foreseen.find((name) => name === error.name);
}
