import type { Answer } from './answer.ts';

/** Where an answer that is no platform's has what it knows of its body, which is dear to ask of a stream. */
export const bodyLife: unique symbol = Symbol('resilient-fetch.bodyLife');

/** A body that knows of itself. It is lost when nobody can read the body any more. */
export interface BodyLife {
  /** Whether all of it is here, so that its connection is free. */
  readonly arrived: boolean;
  /** Lets go of what is here: nobody will read it. */
  drop(): void;
}

/** What an answer's body knows of itself, if it does. */
export function bodyLifeOf(answer: Answer): BodyLife | undefined {
  return (answer as { readonly [bodyLife]?: BodyLife | undefined })[bodyLife];
}
