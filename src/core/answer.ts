/**
 * As much of a Response as the strategies look at, so that what is no exchange of HTTP is held to the same ones: they
 * decide whether, when and how long, and hand on what came of it as it is.
 */
export interface Answer extends Pick<Response, 'ok' | 'status' | 'headers' | 'body'> {
  /** What such an outcome is called, where that is not its status. */
  readonly label?: string;
}

/** What a function returned: good whatever it is, and nothing in it is to be read or let go of. */
export class Returned implements Answer {
  readonly ok = true;
  readonly status = 200;
  readonly body = null;
  readonly label = 'returned';
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  /** Made where somebody asks, which nobody does of what is good. */
  get headers(): Headers {
    return new Headers();
  }
}
