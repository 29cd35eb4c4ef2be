import { describe, expect, it } from 'vitest';
import { answerOf, beginAnswer, responseOf } from '../../src/undici/answer.ts';
import { Dispatched, Heard } from './dispatch.ts';

const connection = new Dispatched({}, new Heard());
const stream = () => new Blob(['body']).stream();

describe('an answer', () => {
  it('is a Response with its status, text and headers, of which 1 came twice', async () => {
    const headers = { 'x-one': 'a', 'set-cookie': ['b', 'c'], 'x-none': undefined };
    const response = responseOf(beginAnswer(connection, 404, headers, 'Nowhere'), stream());
    expect([response.status, response.ok, response.statusText]).toEqual([404, false, 'Nowhere']);
    expect(response.headers.getSetCookie()).toEqual(['b', 'c']);
    expect(response.headers.get('x-one')).toBe('a');
    expect(await response.text()).toBe('body');
    expect(answerOf(response).headers).toBe(headers);
  });

  it('may have 1 of 3 statuses that a Response does not take', () => {
    for (const status of [205, 600, 999]) {
      const response = responseOf(beginAnswer(connection, status, {}, ''), stream());
      expect([response.status, response.ok]).toEqual([status, status === 205]);
    }
  });

  it('may have a header that a Headers does not take: 1 is left out, and the caller has it', () => {
    const headers = { 'x-odd': 'a\u2603', 'x-one': 'a' };
    const response = responseOf(beginAnswer(connection, 200, headers, ''), null);
    expect([...response.headers]).toEqual([['x-one', 'a']]);
    expect(answerOf(response).headers).toBe(headers);
  });

  it('is made of a Response that came from elsewhere, with its 2 cookies', () => {
    const given = new Response('x', {
      status: 201,
      headers: [
        ['set-cookie', 'a'],
        ['set-cookie', 'b'],
      ],
    });
    expect(answerOf(given)).toMatchObject({
      status: 201,
      headers: { 'content-type': 'text/plain;charset=UTF-8', 'set-cookie': ['a', 'b'] },
    });
  });
});
