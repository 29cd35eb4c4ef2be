import { expect, test } from 'vitest';
import { Heard } from '../../src/dashboard/heard.ts';

test('tells an event that was heard before, also with 7 others in between', () => {
  const heard = new Heard();
  const event = {};
  expect(heard.before(event)).toBe(false);
  for (let other = 0; other < 7; other++) expect(heard.before({})).toBe(false);
  expect(heard.before(event)).toBe(true);
  expect(heard.before({})).toBe(false);
});
