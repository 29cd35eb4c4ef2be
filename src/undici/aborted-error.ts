/** What undici says where a request is aborted and nobody gives a reason. */
export class AbortedError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'UND_ERR_ABORTED';

  constructor() {
    super('Request aborted');
  }
}
