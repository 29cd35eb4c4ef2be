interface Suppressed extends Error {
  /** What was thrown last. */
  readonly error: unknown;
  /** What had been thrown before, and would have been masked by it. */
  readonly suppressed: unknown;
}

type SuppressedConstructor = new (
  error: unknown,
  suppressed: unknown,
  message?: string,
) => Suppressed;

/** The same for Node 22, which has the symbols of explicit resource management, and not yet its error. */
export class OwnSuppressedError extends Error implements Suppressed {
  override readonly name = 'SuppressedError';
  readonly error: unknown;
  readonly suppressed: unknown;

  constructor(error: unknown, suppressed: unknown, message?: string) {
    super(message);
    this.error = error;
    this.suppressed = suppressed;
  }
}

/** The language's own where the runtime has it, so that `instanceof SuppressedError` holds. */
const Constructor: SuppressedConstructor =
  (globalThis as { SuppressedError?: SuppressedConstructor }).SuppressedError ?? OwnSuppressedError;

/** Two errors in one, as `using` joins them: the later one, and the one that it would have masked. */
export function joined(error: unknown, suppressed: unknown): Error {
  const said = (what: unknown) => (what instanceof Error ? what.message : typeof what);
  return new Constructor(
    error,
    suppressed,
    `${said(error)} (in clean-up, after: ${said(suppressed)})`,
  );
}
