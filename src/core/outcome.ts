import type { Answer } from './answer.ts';

/** How one attempt ended: with an answer, whatever its status, or with an error. */
export type Outcome<Given extends Answer = Response> =
  | { readonly response: Given; readonly error?: undefined }
  | { readonly response?: undefined; readonly error: unknown };

/** The code an error carries, on itself or on what caused it. */
export function codeOf(error: unknown): string | undefined {
  for (const link of causes(error)) {
    const { code } = link as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** An error, what caused it, and what caused that. Bounded, since a chain of causes can be a ring. */
export function* causes(error: unknown): Generator<object> {
  let link = error;
  for (let depth = 0; depth < 8 && typeof link === 'object' && link !== null; depth++) {
    yield link;
    link = (link as { cause?: unknown }).cause;
  }
}

/** A short word for an outcome, free of anything private: a status, an error's code, or its name. */
export function labelOf(outcome: Outcome<Answer>): string {
  if (outcome.response) return outcome.response.label ?? String(outcome.response.status);
  const { error } = outcome;
  return codeOf(error) ?? (error instanceof Error ? error.name : 'error');
}
