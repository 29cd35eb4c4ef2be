import { describe, expect, test } from 'vitest';
import { layered } from '../../bench/simulate/papers/amplification.ts';
import { agrees } from '../../bench/simulate/papers/claim.ts';
import { published } from '../../bench/simulate/papers/published.ts';

const papers = new Set(published.map(({ paper }) => paper));

describe.each([...papers])('reproduces %s', (paper) => {
  const claims = published.filter((claim) => claim.paper === paper);

  test.each(claims.map((claim) => [claim.what, claim.published, claim.unit, claim] as const))(
    '%s: %d %s',
    (_what, _published, _unit, claim) => {
      const measured = claim.measure();
      expect(agrees(claim, measured), `measured ${measured}`).toBe(true);
    },
  );
});

test('3 layers of 4 attempts send 4 requests and not 64, where each knows of the one around it', () => {
  expect(layered(3, 3, true)).toBe(4);
});
