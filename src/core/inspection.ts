/** The name under which Node, and those who do as it does, ask an object how it is to be shown. */
export const custom = Symbol.for('nodejs.util.inspect.custom');

/** What they ask with. Said in our own words, as our declarations are read where nobody has those of Node. */
export type Inspection = [
  /** How much deeper to go; `null` without end, and below 0 not even into the object itself. */
  depth: number | null,
  options: object,
  inspect: (value: unknown, options: object) => string,
];

/** A text that is shown as it is. An object that gives it is moved in with what is around it; a string alone is not. */
export function verbatim(text: string): object {
  return { [custom]: () => text };
}

/** Errors that are being shown: asked a second time, they leave it to Node, which shows them as it does any other. */
const shown = new WeakSet<Error>();

/** An error as Node shows it, with its stack, its properties and its cause, and a note under it, if there is one. */
export function annotated(
  error: Error,
  note: object | undefined,
  [depth, options, inspect]: Inspection,
): unknown {
  if (!note || shown.has(error) || (depth !== null && depth < 0)) return error;
  shown.add(error);
  try {
    return verbatim(`${inspect(error, { ...options, depth })}\n${note}`);
  } finally {
    shown.delete(error);
  }
}
