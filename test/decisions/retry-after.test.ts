import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { httpDate, retryAfterOf, spreadOut } from '../../src/decisions/retry-after.ts';

const now = Date.UTC(2026, 5, 15, 12, 0, 0);
const inAMinute = new Date(now + 60_000);

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

/** The three forms of RFC 9110, section 5.6.7, written here without the code under test. */
const forms = {
  'IMF-fixdate': (date: Date) => {
    const { day, number, month, year, time } = partsOf(date);
    return `${day.slice(0, 3)}, ${number} ${month} ${year} ${time} GMT`;
  },
  'rfc850-date': (date: Date) => {
    const { day, number, month, year, time } = partsOf(date);
    return `${day}, ${number}-${month}-${year.slice(2)} ${time} GMT`;
  },
  'asctime-date': (date: Date) => {
    const { day, number, month, year, time } = partsOf(date);
    return `${day.slice(0, 3)} ${month} ${number.replace(/^0/, ' ')} ${time} ${year}`;
  },
};

function partsOf(date: Date) {
  const [, number = '', , year = ''] = date.toUTCString().split(' ');
  return {
    day: days[date.getUTCDay()] ?? '',
    number,
    month: months[date.getUTCMonth()] ?? '',
    year,
    time: date.toISOString().slice(11, 19),
  };
}

const asked = (headers: Record<string, string>) => retryAfterOf(new Headers(headers), now);
const waitIn = (value: string) => asked({ 'retry-after': value });

describe('Retry-After in seconds', () => {
  test.each([
    ['1', 1_000],
    ['120', 120_000],
    ['007', 7_000],
    ['1000000000', 1e12],
    [' 5 ', 5_000],
    ['\t5', 5_000],
  ])('%j asks for %d ms', (value, expected) => {
    expect(waitIn(value)).toBe(expected);
  });

  test('of 0 asks for nothing', () => {
    expect(waitIn('0')).toBeUndefined();
    expect(waitIn('000')).toBeUndefined();
  });

  test.each(['9'.repeat(1_000_000), `${'9'.repeat(1_000_000)}x`])(
    'is read within 200 ms when it is 1,000,000 digits long',
    (value) => {
      const headers = new Headers({ 'retry-after': value, 'retry-after-ms': value });
      const start = performance.now();
      const read = retryAfterOf(headers, now);
      expect(performance.now() - start).toBeLessThan(200);
      expect(read).toBe(value.endsWith('x') ? undefined : Number.POSITIVE_INFINITY);
    },
  );
});

describe('Retry-After as a date', () => {
  test.each(Object.entries(forms))('in the form %s asks for 60,000 ms', (_, format) => {
    expect(waitIn(format(inAMinute))).toBe(60_000);
  });

  test.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
  ])("of RFC 9110's own example, %j, is 784,111,777 s after the epoch", (text) => {
    expect(httpDate(text, now)).toBe(784_111_777_000);
  });

  test.each(Object.entries(forms))('in the form %s asks for nothing 1 s after it', (_, format) => {
    expect(waitIn(format(new Date(now - 1_000)))).toBeUndefined();
    expect(waitIn(format(new Date(now)))).toBeUndefined();
    expect(waitIn(format(new Date(now + 1_000)))).toBe(1_000);
  });

  test.each(Object.keys(forms) as (keyof typeof forms)[])(
    'in the form %s is read back to its 1 second',
    (name) => {
      const near = 49 * 365 * 86_400_000;
      const range =
        name === 'rfc850-date'
          ? { min: new Date(now - near), max: new Date(now + near) }
          : { min: new Date(-30_000_000_000_000), max: new Date(253_402_300_799_000) };
      fc.assert(
        fc.property(fc.date({ ...range, noInvalidDate: true }), (date) => {
          date.setUTCMilliseconds(0);
          expect(httpDate(forms[name](date), now)).toBe(date.getTime());
        }),
        { numRuns: 500 },
      );
    },
  );

  test('takes the 60th second of a leap second for the first of the next minute', () => {
    expect(httpDate('Sat, 31 Dec 2016 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1));
    expect(httpDate('Saturday, 31-Dec-16 23:59:60 GMT', now)).toBe(Date.UTC(2017, 0, 1));
    expect(httpDate('Sat Dec 31 23:59:60 2016', now)).toBe(Date.UTC(2017, 0, 1));
  });

  test('knows the 29th of February in leap years alone', () => {
    expect(httpDate('Tue, 29 Feb 2028 00:00:00 GMT', now)).toBe(Date.UTC(2028, 1, 29));
    expect(httpDate('Mon, 29 Feb 2027 00:00:00 GMT', now)).toBeUndefined();
  });

  test.each([
    ['Mon, 30 Feb 2026 00:00:00 GMT', 'a 30th of February'],
    ['Mon, 31 Apr 2026 00:00:00 GMT', 'a 31st of April'],
    ['Mon, 00 Apr 2026 00:00:00 GMT', 'a day 0'],
    ['Mon, 32 Jan 2026 00:00:00 GMT', 'a day 32'],
    ['Mon, 15 Jun 2026 24:00:00 GMT', 'an hour 24'],
    ['Mon, 15 Jun 2026 12:60:00 GMT', 'a minute 60'],
    ['Mon, 15 Jun 2026 12:00:61 GMT', 'a second 61'],
    ['Mon, 5 Jul 2027 12:00:00 GMT', 'a day of 1 digit'],
    ['Mon, 05 Jul 27 12:00:00 GMT', 'a year of 2 digits in the form that has 4'],
    ['Monday, 05-Jul-2027 12:00:00 GMT', 'a year of 4 digits in the form that has 2'],
    ['Mon Jul 5 12:00:00 2027', 'a day of 1 digit without its space'],
    ['Mon, 05 JUL 2027 12:00:00 GMT', 'a month in upper case, 1 of many'],
    ['mon, 05 Jul 2027 12:00:00 GMT', 'a day in lower case, 1 of many'],
    ['Mon, 05 Jul 2027 12:00:00 UTC', 'a zone that is not GMT (+0)'],
    ['Mon, 05 Jul 2027 12:00:00 +0000', 'a zone of +0000'],
    ['Mon, 05 Jul 2027 12:00:00', 'no zone, where 1 is due'],
    ['05 Jul 2027 12:00:00 GMT', 'no day of the week, where 1 is due'],
    ['2027-07-05T12:00:00Z', 'ISO 8601'],
    ['1814788800', undefined],
  ])('%j is no HTTP date: %s', (text, why) => {
    expect(httpDate(text, now)).toBeUndefined();
    if (why) expect(waitIn(text)).toBeUndefined();
  });

  test.each([
    ['15-Jun-27', '2027-06-15'],
    ['14-Jun-76', '2076-06-14'],
    ['31-Dec-77', '1977-12-31'],
    ['31-Dec-99', '1999-12-31'],
    ['01-Jan-00', '2000-01-01'],
  ])('reads the 2-digit year of %s in 2026 as %s', (date, expected) => {
    expect(httpDate(`Monday, ${date} 00:00:00 GMT`, now)).toBe(Date.parse(expected));
  });

  test.each([
    ['31-Dec-76', '2026-06-15', '1976-12-31', 'more than 50 years ahead'],
    ['01-Jan-00', '2099-12-31', '2100-01-01', '1 day ahead, in another century'],
    ['01-Jan-00', '1999-12-31', '2000-01-01', '1 day ahead, in another century'],
    ['31-Dec-99', '2100-01-01', '2099-12-31', '1 day ago, in another century'],
  ])('reads the 2-digit year of %s on %s as %s: %s', (date, today, expected) => {
    const read = httpDate(`Monday, ${date} 00:00:00 GMT`, Date.parse(today));
    expect(read === undefined ? read : new Date(read).toISOString().slice(0, 10)).toBe(expected);
  });
});

describe('a server that says nothing we understand', () => {
  test('asks for nothing with 0 headers', () => {
    expect(asked({})).toBeUndefined();
  });

  test.each([
    ...['-1', '+1', '1.5', '1,5', '1e3', '0x10', '1_000', '5s', '5 s', '5, 10', '10;q=1'],
    ...['', ' ', '\t', 'soon', 'NaN', 'Infinity', 'null', '-0', '1 2', '"5"', '<5>', '5%'],
  ])('%j in Retry-After is as if it were absent, of 23 kinds of garbage', (value) => {
    expect(waitIn(value)).toBeUndefined();
  });

  test('2 Retry-After headers are garbage together', () => {
    const headers = new Headers([
      ['retry-after', '5'],
      ['retry-after', '10'],
    ]);
    expect(retryAfterOf(headers, now)).toBeUndefined();
  });

  test('never throws for 2,000 random values, and gives nothing or a number above 0', () => {
    const latin1 = fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code));
    const values = fc.oneof(
      fc.string({ unit: latin1 }),
      fc.string({ unit: fc.constantFrom(...'0123456789.-+e, :') }),
      fc
        .tuple(
          fc.constantFrom(...Object.values(forms)),
          fc.nat({ max: 40 }),
          fc.string({ unit: latin1, maxLength: 2 }),
        )
        .map(([format, at, noise]) => {
          const date = format(inAMinute);
          return date.slice(0, at) + noise + date.slice(at + 1);
        }),
    );
    const headers = fc.record(
      { 'retry-after': values, 'retry-after-ms': values },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(headers, fc.date({ noInvalidDate: true }), (said, today) => {
        const read = retryAfterOf(new Headers(said), today.getTime());
        expect(read === undefined || read > 0).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('retry-after-ms', () => {
  test.each([
    ['250', 250],
    ['1.5', 1.5],
    ['0.25', 0.25],
  ])('of %j asks for %d ms', (value, expected) => {
    expect(asked({ 'retry-after-ms': value })).toBe(expected);
  });

  test('of 250 stands over a Retry-After of 9 s', () => {
    expect(asked({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250);
  });

  test.each(['-1', '', 'soon', '1e3', '.5', '5.', '0x1', '1,5', 'Infinity'])(
    'of %j is garbage, so a Retry-After of 9 s is taken',
    (value) => {
      expect(asked({ 'retry-after-ms': value, 'retry-after': '9' })).toBe(9_000);
      expect(asked({ 'retry-after-ms': value })).toBeUndefined();
    },
  );

  test('of 0 asks for nothing', () => {
    expect(asked({ 'retry-after-ms': '0' })).toBeUndefined();
    expect(asked({ 'retry-after-ms': '0.0' })).toBeUndefined();
  });
});

describe('spreading out', () => {
  test('adds 0 to 10 % and takes nothing away', () => {
    expect(spreadOut(1_000, () => 0)).toBe(1_000);
    expect(spreadOut(1_000, () => 0.5)).toBeCloseTo(1_050, 9);
    expect(spreadOut(1_000, () => 1)).toBeCloseTo(1_100, 9);
  });

  test('stays between what was asked and 1.1 times that', () => {
    const milliseconds = fc.double({ min: 0, max: 1e15, noNaN: true });
    const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(milliseconds, draws, (length, random) => {
        const spread = spreadOut(length, () => random);
        expect(spread).toBeGreaterThanOrEqual(length);
        expect(spread).toBeLessThanOrEqual(length * 1.1 * (1 + Number.EPSILON));
      }),
    );
  });
});
