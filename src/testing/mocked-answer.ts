import { check } from '../check.ts';
import { object } from '../schema.ts';
import { type AnswerContent, answersOf, content } from './content.ts';

const words = ['network-error', 'silence'] as const;

/**
 * What a mocked place answers. A number is a status, `network-error` no answer at all, `silence` none, ever. A function
 * decides by the request.
 */
export type MockedAnswer =
  | number
  | (typeof words)[number]
  | AnswerContent
  | ((request: Request) => Response | Promise<Response>);

const { list: answers } = answersOf<MockedAnswer>(words, content, '(request) => Response');
const names = Object.keys(content.entries).map((name) => `answers.${name}`);

/** Checks the answers of a mocked place; throws an OptionsError that names every fault. */
export const checkMockedAnswers = (given: unknown): readonly MockedAnswer[] =>
  check<{ answers: MockedAnswer[] }>(object({ answers }), { answers: given }, names).answers;
