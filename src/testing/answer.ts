import * as v from 'valibot';
import { check } from '../check.ts';
import { atLeast, object } from '../schema.ts';
import { answersOf, contentEntries } from './content.ts';

const details = object({
  ...contentEntries,
  /** The connection ends after so many bytes of the body, which promised more. @default never */
  truncateAfter: v.optional(atLeast(0)),
  /** Nothing more comes after so many bytes of the body, and the connection stays. @default never */
  stallAfter: v.optional(atLeast(0)),
});

/** An answer of a fault server, which may break off. */
export interface AnswerDetails extends v.InferInput<typeof details> {}

/** A request as a fault server saw it. */
export interface ReceivedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** As much of it as has come. */
  readonly body: Buffer;
  /** On which connection it came; 1 for the first that carried a request. */
  readonly connection: number;
}

const words = ['reset', 'close', 'silence', 'truncation', 'stall'] as const;

/**
 * What a fault server does with a request. A number is a status. `reset` breaks the connection, `close` ends it without
 * an answer, `silence` keeps it and never answers. `truncation` ends it in the middle of a body, `stall` stops there. A
 * function decides by the request.
 */
export type Answer =
  | number
  | (typeof words)[number]
  | AnswerDetails
  | ((request: ReceivedRequest) => Answer | Promise<Answer>);

const { one: answer, list } = answersOf<Answer>(words, details, '(request) => answer');

/** The answers of a server, in turn. */
export const script = list;

/** What an answer may have, for whoever misspells it. */
export const answerNames = Object.keys(details.entries);

/** Checks what a function has answered. */
export function checkAnswer(given: unknown): Answer {
  const names = answerNames.map((name) => `answer.${name}`);
  return check<{ answer: Answer }>(object({ answer }), { answer: given }, names).answer;
}
