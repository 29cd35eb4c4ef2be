/** The caller hung up: nobody waits for the answer. Reason of the signal of whatever is still done for him. */
export class CallerGoneError extends Error {
  override readonly name = 'CallerGoneError';
  readonly code = 'ERR_RESILIENCE_CALLER_GONE';

  constructor(cause?: unknown) {
    super('The caller hung up before he was answered', cause === undefined ? undefined : { cause });
  }
}
