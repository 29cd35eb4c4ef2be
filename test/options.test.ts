import { describe, expect, test } from 'vitest';
import { createClient } from '../src/client.ts';
import { OptionsError } from '../src/core/errors.ts';
import {
  type CallOptions,
  type ClientOptions,
  checkCallOptions,
  checkClientOptions,
} from '../src/options.ts';

const longest = 2 ** 31 - 1;
const milliseconds = `milliseconds from 1 to ${longest}`;
const wait = `milliseconds from 0 to ${longest}`;

function faultIn(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    return (error as OptionsError).message;
  }
}
const saidOfClient = (options: unknown) => faultIn(() => checkClientOptions(options));
const saidOfCall = (options: unknown) => faultIn(() => checkCallOptions(options));

/** An object with one value, at a path. */
function at(path: string, value: unknown): unknown {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value);
}

/** Wrong for everything that is milliseconds. */
const noLengths = [0, -1, 0.5, longest + 1, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY];
const noWaits = [-1, -0.1, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY];
const noCounts = [-1, 2 ** 53, Number.NaN, '3', null, true, {}];

/** Options that a client, a host and a call have in common: where, what is good, what is not, what is said of that. */
type Row = [path: string, good: unknown[], bad: [values: unknown[], expected: string][]];
const shared: Row[] = [
  [
    'timeout',
    [1, 1.5, longest, false, {}],
    [
      [noLengths, milliseconds],
      [['2000', null, true, () => 1], 'an object, milliseconds (the total), or false'],
    ],
  ],
  ...['timeout.total', 'timeout.attempt', 'timeout.body'].map(
    (path) =>
      [
        path,
        [1, 2_000, longest, false],
        [
          [noLengths, milliseconds],
          [['1', null, true, {}, []], 'milliseconds, or false'],
        ],
      ] as Row,
  ),
  [
    'retry',
    [0, 5, false, {}],
    [
      [[-1, 0.5, Number.NaN], 'an integer ≥ 0'],
      [['3', null, true, () => 1], 'an object, a number of retries, or false'],
    ],
  ],
  ['retry.maxRetries', [0, 1, 2 ** 53 - 1], [[noCounts, 'an integer ≥ 0']]],
  [
    'retry.methods',
    [[], ['GET'], ['get', 'Post', 'X-CUSTOM']],
    [[['GET', null, {}, 1], 'an array of method names']],
  ],
  ['retry.statuses', [[], [400], [599, 503]], [[['503', 503, null, {}], 'an array of statuses']]],
  ['retry.backoff', [{}, () => 1], [[[1, null, false, 'x'], 'a function (info) => milliseconds']]],
  [
    'retry.backoff.type',
    ['exponential', 'linear', 'constant'],
    [[['Exponential', '', 1, null], 'one of exponential, linear, constant']],
  ],
  ['retry.backoff.base', [0, 0.5, 200, longest], [[[...noWaits, '1', null], wait]]],
  [
    'retry.backoff.factor',
    [1, 1.5, 2, 1e6],
    [[[0, 0.99, -1, Number.NaN, Number.POSITIVE_INFINITY, '2', null], 'a number ≥ 1']],
  ],
  ['retry.backoff.cap', [0, 0.5, 200, longest], [[[...noWaits, '1', null], wait]]],
  [
    'retry.backoff.jitter',
    ['full', 'equal', 'decorrelated', 'none'],
    [[['FULL', true, null], 'one of full, equal, decorrelated, none']],
  ],
  ['retry.retryAfter', [{}, false], [[[true, 1, null, 'x'], 'an object, or false']]],
  ['retry.retryAfter.max', [0, 60_000, longest], [[[...noWaits, '1', null], wait]]],
  [
    'retry.retryAfter.parse',
    [() => 1, async () => 1],
    [[[1, null, 'x', {}], 'a function (response) => milliseconds']],
  ],
  [
    'retry.when',
    [() => true],
    [[[true, null, 'x', {}], 'a function (outcome, info) => boolean | undefined']],
  ],
  ['retry.retryAfter.scope', ['call', 'origin'], [[['all', 1, null], 'one of call, origin']]],
  ['retryBudget', [{}, true, false], [[[1, null, 'x'], 'an object, or a boolean']]],
  ['retryBudget.capacity', [1, 2.5, 100], [[[0, 0.9, -1, '1', null], 'a number of tokens ≥ 1']]],
  ...['deposit', 'trickle'].map(
    (name) =>
      [`retryBudget.${name}`, [0, 0.1, 5], [[[-1, '1', null], 'a number of tokens ≥ 0']]] as Row,
  ),
  [
    'hedge',
    [{}, true, false, 1, 50.5],
    [
      [noLengths, milliseconds],
      [['x', null, () => 1], 'an object, milliseconds (the delay), or a boolean'],
    ],
  ],
  ['hedge.delay', [1, longest], [[[...noLengths, '1', null], milliseconds]]],
  ['hedge.percentile', [0.5, 0.999], [[[0.4, 1, 95, null], 'a number from 0.5 to 0.999']]],
  ['hedge.maxExtraLoad', [0.001, 1], [[[0, 5, '5 %', null], 'a share from 0.001 to 1']]],
  [
    'concurrency',
    [{}, false, 1, 50, 'adaptive'],
    [
      [[0, -1, 0.5, Number.NaN], 'an integer ≥ 1'],
      [[true, 'auto', null], "an object, a number of slots, 'adaptive', or false"],
    ],
  ],
  ...['max', 'min', 'initial'].map(
    (name) => [`concurrency.${name}`, [1, 200], [[[0, ...noCounts], 'an integer ≥ 1']]] as Row,
  ),
  ['concurrency.queue', [0, 200], [[noCounts, 'an integer ≥ 0']]],
  ['concurrency.hold', ['headers', 'body'], [[['end', true, null], 'one of headers, body']]],
  ['concurrency.adaptive', [true, false], [[[1, 'yes', null, {}], 'a boolean']]],
  [
    'throttle',
    [{}, true, false, 1, 2.5],
    [
      [[0, 0.5], 'a number ≥ 1'],
      [['x', null], 'an object, a number (k), or a boolean'],
    ],
  ],
  ['throttle.k', [1, 1.1, 2], [[[0.9, '2', null], 'a number ≥ 1']]],
  ['throttle.window', [1, 120_000], [[[...noLengths, '1', null], milliseconds]]],
  ['throttle.maxRejection', [0, 0.9, 1], [[[-0.1, 1.1, null], 'a number from 0 to 1']]],
  ['propagation', [{}, true, false], [[[1, null, 'x'], 'an object, or a boolean']]],
  [
    'propagation.deadline',
    ['milliseconds', 'envoy', 'grpc', false, { header: 'x-left' }, { header: 'x', format: 'grpc' }],
    [
      [['seconds', ''], 'one of milliseconds, envoy, grpc'],
      [[1, true, null], "'milliseconds', 'envoy', 'grpc', an object with a header, or false"],
    ],
  ],
  ...['attempt', 'doNotRetry'].map(
    (name) =>
      [
        `propagation.${name}`,
        ['x-own', false],
        [
          [['a b', ''], 'a header name'],
          [[1, true, null], 'a header name, or false'],
        ],
      ] as Row,
  ),
  ['propagation.margin', [0, 10.5], [[[-1, '1', null], 'milliseconds from 0 to 2147483647']]],
  [
    'fallback',
    [false, () => undefined, Response.json([])],
    [
      [[true], 'a Response, a function, or false'],
      [[1, null, {}], 'a Response, a function (failure, info) => Response | undefined, or false'],
      [[Response.error()], 'a Response that has a status and was not read'],
    ],
  ],
  [
    'preset',
    ['interactive', 'batch', 'streaming', 'critical'],
    [[['fast', 1, null], 'one of interactive, batch, streaming, critical']],
  ],
  ['circuitBreaker', [{}, true, false], [[[1, null, 'on', () => 1], 'an object, or a boolean']]],
  ...['failureRatio', 'slowCallRatio'].map(
    (name) =>
      [
        `circuitBreaker.${name}`,
        [Number.MIN_VALUE, 0.5, 1],
        [[[0, -0.1, 1.1, Number.NaN, '0.5', null], 'a number above 0 and at most 1']],
      ] as Row,
  ),
  [
    'circuitBreaker.slowCallDuration',
    [1, 2_000, longest, false],
    [
      [noLengths, milliseconds],
      [['1', null, true, {}, []], 'milliseconds, or false'],
    ],
  ],
  ['circuitBreaker.enforce', [true, false], [[[0, 1, 'yes', null], 'a boolean']]],
  ...['minimumThroughput', 'consecutiveFailures', 'probes', 'successThreshold'].map(
    (name) => [`circuitBreaker.${name}`, [1, 20], [[[0, ...noCounts], 'an integer ≥ 1']]] as Row,
  ),
  ...['window', 'openFor', 'maxOpenFor'].map(
    (name) =>
      [
        `circuitBreaker.${name}`,
        [1, 10_000, longest],
        [[[...noLengths, '1', null, false], milliseconds]],
      ] as Row,
  ),
];

const ofClient: Row[] = [
  [
    'name',
    ['github', 'a b'],
    [
      [[''], 'a name'],
      [[1, null, {}], 'a string'],
    ],
  ],
  [
    'baseUrl',
    [
      ...['https://a.test', 'http://a.test:1/b/', 'HTTPS://a.test/b?c'],
      ...[['https://a.test'], ['https://a.test', { url: 'https://b.test', weight: 0 }]],
    ],
    [
      [['', 'a.test', '/b', 'ftp://a.test', 'data:,x'], 'an absolute http or https URL'],
      [[1, null, new URL('https://a.test')], 'an absolute http or https URL, or an array of them'],
      [[[]], 'at least one URL'],
      [
        [
          [
            { url: 'https://a.test', weight: 0 },
            { url: 'https://b.test', weight: 0 },
          ],
        ],
        'at least one weight above 0',
      ],
    ],
  ],
  ['endpoints', ['ordered', 'weighted'], [[['random', 1, null, {}], 'one of ordered, weighted']]],
  [
    'headers',
    [{}, { a: '1', 'X-B': '' }],
    [
      [['a: 1', 1, null], 'an object of strings'],
      [
        [{ 'a b': 'secret' }, { a: '1', 'a b': '1' }],
        'names and values that HTTP allows (not "a b")',
      ],
      [[{ a: 'b\r\nc: secret' }, { a: '\u0100' }], 'names and values that HTTP allows (not "a")'],
      [[{ '': '1' }], 'names and values that HTTP allows (not "")'],
    ],
  ],
  ['headers.a', ['', '1'], [[[1, null, ['1'], {}], 'a string']]],
  ['hosts', [{}], [[['a.test', 1, null], 'an object']]],
  [
    'fetch',
    [fetch, async () => new Response()],
    [[[1, null, {}, 'fetch'], 'a function with the signature of fetch']],
  ],
  ['pool', [{}, true, false], [[[1, null, 'x'], 'an object, or a boolean']]],
  ['pool.connections', [1, 100], [[[0, ...noCounts], 'an integer ≥ 1']]],
  ['pool.pipelining', [0, 1], [[noCounts, 'an integer ≥ 0']]],
  ['pool.connectTimeout', [1, longest], [[[...noLengths, '1', null], milliseconds]]],
  ['pool.keepAliveTimeout', [1, longest], [[[...noLengths, '1', null], milliseconds]]],
  [
    'pool.proxy',
    [true, false, 'http://proxy.test:3128'],
    [
      [['proxy'], 'a URL'],
      [[1, null, {}], 'a URL, or a boolean'],
    ],
  ],
  ...['dns', 'cache', 'deduplicate'].map(
    (name) =>
      [
        `pool.${name}`,
        [true, false, {}, { maxTTL: 1 }],
        [[[1, null, 'x'], "an object of undici's options, or a boolean"]],
      ] as Row,
  ),
  [
    'pool.agent',
    [{}, { maxOrigins: 1 }],
    [[[1, null, true], "an object of undici's Agent options"]],
  ],
  ['maxOrigins', [1, 1_000], [[[0, ...noCounts], 'an integer ≥ 1']]],
  ['random', [() => 0, Math.random], [[[0, null, {}], 'a function () => number from 0 to 1']]],
  [
    'idempotencyKey',
    [true, false, () => 'key'],
    [[['key', 1, null, {}], 'a function () => string, or a boolean (a fixed key is for one call)']],
  ],
];

const ofCall: Row[] = [
  [
    'idempotencyKey',
    [true, false, 'key', () => 'key'],
    [[[1, null, {}], 'a boolean, a string or a function () => string']],
  ],
];

/** A value as a message shows it. */
function shown(value: unknown, path = ''): string {
  const isSecret = /^(headers|idempotencyKey)/.test(path) && value !== '';
  if (isSecret && /^(string|number)$/.test(typeof value)) return `a ${typeof value}`;
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

const ofHost = ofClient.filter(([path]) => path === 'idempotencyKey');
const kinds: [
  what: string,
  said: (options: unknown) => string | undefined,
  prefix: string,
  Row[],
][] = [
  ['a client', saidOfClient, '', [...shared, ...ofClient]],
  ['1 of its hosts', saidOfClient, 'hosts.host.', [...shared, ...ofHost]],
  ['a call', saidOfCall, '', [...shared, ...ofCall]],
];

describe.each(kinds)('of the options of %s,', (_, said, prefix, rows) => {
  test.each(rows)('%s takes 1 good value after another', (path, good) => {
    for (const value of good)
      expect([value, said(at(prefix + path, value))]).toEqual([value, undefined]);
  });

  test.each(rows)('%s takes undefined for 0 values', (path) => {
    if (path === 'headers.a') return;
    expect(said(at(prefix + path, undefined))).toBeUndefined();
  });

  test.each(rows)('%s refuses 1 bad value after another, and says why', (path, _good, bad) => {
    for (const [values, expected] of bad) {
      for (const value of values) {
        expect(said(at(prefix + path, value))).toBe(
          `${prefix}${path}: expected ${expected}, got ${shown(value, path)}`,
        );
      }
    }
  });
});

describe('an array', () => {
  const words: [path: string, expected: string][] = [
    ['timeout', 'an object, milliseconds (the total), or false'],
    ['retry', 'an object, a number of retries, or false'],
    ['retry.backoff', 'a function (info) => milliseconds'],
    ['retry.retryAfter', 'an object, or false'],
    ['circuitBreaker', 'an object, or a boolean'],
    ['headers', 'an object of strings'],
    ['hosts', 'an object'],
    ['hosts.host', 'an object'],
    ['pool', 'an object, or a boolean'],
    ['pool.dns', "an object of undici's options, or a boolean"],
    ['pool.agent', "an object of undici's Agent options"],
  ];
  test.each(words)('is no object, so %s refuses it with 0 elements too', (path, expected) => {
    for (const value of [[], [1]]) {
      expect(saidOfClient(at(path, value))).toBe(`${path}: expected ${expected}, got an array`);
    }
  });
});

test('headers that are a Headers are not dropped in silence, 1 of them here', () => {
  const headers = new Headers({ authorization: 'secret' });
  expect(saidOfClient({ headers })).toBe('headers: expected an object of strings, got an object');
});

describe('lists', () => {
  test('are told at the element, the 2nd here', () => {
    expect(saidOfCall({ retry: { methods: ['GET', 'B AD'] } })).toBe(
      'retry.methods.1: expected a method name, got "B AD"',
    );
    expect(saidOfCall({ retry: { methods: ['GET', ''] } })).toBe(
      'retry.methods.1: expected a method name, got ""',
    );
    for (const status of [399, 600, 503.5, '503', Number.NaN]) {
      expect(saidOfCall({ retry: { statuses: [500, status] } })).toBe(
        `retry.statuses.1: expected a status from 400 to 599, got ${shown(status)}`,
      );
    }
  });
});

describe('1 fault', () => {
  test('is told in the words of the house', () => {
    expect(saidOfClient({ retry: { maxRetries: '3' } })).toBe(
      'retry.maxRetries: expected an integer ≥ 0, got "3"',
    );
  });

  test('that is 2 at once is told once', () => {
    expect(saidOfClient({ retry: { maxRetries: -1.5 } })).toBe(
      'retry.maxRetries: expected an integer ≥ 0, got -1.5',
    );
    expect(saidOfClient({ retry: { maxRetries: Number.POSITIVE_INFINITY } })).toBe(
      'retry.maxRetries: expected an integer ≥ 0, got Infinity',
    );
    expect(saidOfClient({ maxOrigins: 0.5 })).toBe('maxOrigins: expected an integer ≥ 1, got 0.5');
  });

  test('never tells what an object holds, such as 1 password', () => {
    const message = saidOfClient({ fetch: { password: 'secret' }, retry: [{ token: 'secret' }] });
    expect(message).not.toContain('secret');
  });
});

describe('all faults', () => {
  test('are told, 1 a line: 6 here', () => {
    const message = saidOfClient({
      timeout: { total: 0, attempt: '1' },
      retry: { maxRetries: '3', backoff: { jitter: 'some' } },
      hosts: { 'a.test': { circuitBreaker: { openFor: -1 } } },
      nam: 'x',
    });
    expect(message?.split('\n').toSorted()).toEqual([
      `hosts.a.test.circuitBreaker.openFor: expected ${milliseconds}, got -1`,
      'nam: unknown option; did you mean name?',
      'retry.backoff.jitter: expected one of full, equal, decorrelated, none, got "some"',
      'retry.maxRetries: expected an integer ≥ 0, got "3"',
      'timeout.attempt: expected milliseconds, or false, got "1"',
      `timeout.total: expected ${milliseconds}, got 0`,
    ]);
  });

  test('are told of 2 unknown names beside each other', () => {
    expect(saidOfClient({ timout: 1, rety: 1 })?.split('\n').toSorted()).toEqual([
      'rety: unknown option; did you mean retry?',
      'timout: unknown option; did you mean timeout?',
    ]);
  });

  test('are told of 2 bad host patterns', () => {
    const message = faultIn(() => createClient({ hosts: { 'a b': {}, '*': {} } })) ?? '';
    expect(message).toContain('"a b"');
    expect(message).toContain('"*"');
  });
});

describe('an unknown name', () => {
  test.each([
    ['timout', 1, 'timout: unknown option; did you mean timeout?'],
    ['timeout.totl', 1, 'timeout.totl: unknown option; did you mean total?'],
    ['retry.maxRetrys', 1, 'retry.maxRetrys: unknown option; did you mean maxRetries?'],
    ['retry.backoff.jiter', 1, 'retry.backoff.jiter: unknown option; did you mean jitter?'],
    ['retry.retryAfter.maximum', 1, 'retry.retryAfter.maximum: unknown option; did you mean max?'],
    ['retry.retryafter', 1, 'retry.retryafter: unknown option; did you mean retryAfter?'],
    ['circuitBreaker.openfor', 1, 'circuitBreaker.openfor: unknown option; did you mean openFor?'],
    ['circuitBreakers', 1, 'circuitBreakers: unknown option; did you mean circuitBreaker?'],
    ['pool.connection', 1, 'pool.connection: unknown option; did you mean connections?'],
    ['hosts.host.rety', 1, 'hosts.host.rety: unknown option; did you mean retry?'],
    [
      'hosts.host.retry.maxRetrys',
      1,
      'hosts.host.retry.maxRetrys: unknown option; did you mean maxRetries?',
    ],
    ['baseURL', 'https://a.test', 'baseURL: unknown option; did you mean baseUrl?'],
    ['hedge.dealy', 5, 'hedge.dealy: unknown option; did you mean delay?'],
    ['concurrency.maximum', 5, 'concurrency.maximum: unknown option; did you mean max?'],
    ['retryBudgets', {}, 'retryBudgets: unknown option; did you mean retryBudget?'],
    ['retryBudget.deposits', 1, 'retryBudget.deposits: unknown option; did you mean deposit?'],
    [
      'throttle.maxRejections',
      1,
      'throttle.maxRejections: unknown option; did you mean maxRejection?',
    ],
    ['retry.budget', {}, 'retry.budget: unknown option; did you mean retryBudget?'],
  ])('%s = %j is told with the nearest known one', (path, value, message) => {
    expect(saidOfClient(at(path, value))).toBe(message);
  });

  test.each([
    ['maxRetries', 3, 'retry.maxRetries'],
    ['attempt', 100, 'timeout.attempt'],
    ['openFor', 100, 'circuitBreaker.openFor'],
    ['retry.jitter', 'none', 'retry.backoff.jitter'],
    ['hosts.host.maxRetries', 3, 'retry.maxRetries'],
  ])('%s = %j is told where it belongs, and not that it may be itself', (path, value, meant) => {
    expect(saidOfClient(at(path, value))).toBe(`${path}: unknown option; did you mean ${meant}?`);
  });

  test.each(['somethingElseEntirely', 'size', 'retry.limits'])(
    '%s stands alone where 0 known ones are near',
    (path) => {
      expect(saidOfClient(at(path, 1))).toBe(`${path}: unknown option`);
    },
  );

  test('in the 2nd of 2 base URLs is told with the nearest that one may have', () => {
    const baseUrl = ['https://a.test', { url: 'https://b.test', wieght: 2 }];
    expect(saidOfClient({ baseUrl })).toBe(
      'baseUrl.1.wieght: unknown option; did you mean weight?',
    );
  });

  test('beside 1 entry that is missing is told with that', () => {
    expect(
      saidOfClient({ baseUrl: [{ uri: 'https://a.test' }] })
        ?.split('\n')
        .toSorted(),
    ).toEqual([
      'baseUrl.0.uri: unknown option; did you mean url?',
      'baseUrl.0.url: expected an absolute http or https URL, got undefined',
    ]);
  });

  test.each(['name', 'baseUrl', 'headers', 'hosts', 'fetch', 'pool', 'maxOrigins', 'random'])(
    'to 1 call is what only a client has: %s',
    (name) => {
      expect(saidOfCall({ [name]: {} })).toBe(`${name}: unknown option; it is one of a client`);
    },
  );

  test('to 1 host is what only a client has', () => {
    expect(saidOfClient({ hosts: { 'a.test': { baseUrl: 'https://a.test' } } })).toBe(
      'hosts.a.test.baseUrl: unknown option; it is one of a client',
    );
  });

  test.each([
    ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf'],
  ])('is %s, in 6 places of a JSON file, and nothing is polluted', (name) => {
    const key = JSON.stringify(name);
    for (const text of [
      `{ ${key}: { "polluted": 1 } }`,
      `{ "retry": { ${key}: { "polluted": 1 } } }`,
      `{ "retry": { "backoff": { ${key}: { "polluted": 1 } } } }`,
      `{ "timeout": { ${key}: { "polluted": 1 } } }`,
      `{ "circuitBreaker": { ${key}: { "polluted": 1 } } }`,
      `{ "hosts": { "a.test": { ${key}: { "polluted": 1 } } } }`,
    ]) {
      expect([text, saidOfClient(JSON.parse(text))]).toEqual([
        text,
        expect.stringContaining(`${name}: unknown option`),
      ]);
    }
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('is no host: __proto__ from a JSON file is not dropped in silence, 1 of 2', () => {
    const wrong = JSON.parse('{ "hosts": { "__proto__": { "retry": "wrong" } } }');
    expect(saidOfClient(wrong)).toBeDefined();
    expect(({} as { retry?: unknown }).retry).toBeUndefined();
  });

  test('is no reason to drop 1 header in silence: constructor is kept, or refused', () => {
    const options = { headers: { a: '1', constructor: 'x' } };
    const kept = saidOfClient(options) === undefined ? checkClientOptions(options) : options;
    expect(kept).toEqual(options);
  });
});

describe('checks between 2 options', () => {
  test.each<[unknown, string]>([
    [
      { timeout: { total: 1_000, attempt: 2_000 } },
      'timeout.attempt: expected at most timeout.total (1000), got 2000',
    ],
    [
      { retry: { backoff: { base: 500, cap: 100 } } },
      'retry.backoff.cap: expected at least base (500), got 100',
    ],
    [
      { circuitBreaker: { openFor: 500, maxOpenFor: 100 } },
      'circuitBreaker.maxOpenFor: expected at least openFor (500), got 100',
    ],
    [
      { timeout: { attempt: 500 }, circuitBreaker: { window: 100 } },
      'circuitBreaker.window: expected at least timeout.attempt (500), or slow failures leave it as they come, got 100',
    ],
    [
      { timeout: { attempt: 500 }, circuitBreaker: { slowCallDuration: 501 } },
      'circuitBreaker.slowCallDuration: expected at most timeout.attempt (500), or no attempt lasts long enough to be slow, got 501',
    ],
    [
      { timeout: { attempt: 500 }, hedge: 500 },
      'hedge: expected less than timeout.attempt (500), or no second copy is ever sent, got 500',
    ],
    [
      { timeout: 500, hedge: { delay: 600 } },
      'hedge.delay: expected less than timeout.total (500), or no second copy is ever sent, got 600',
    ],
    [
      { timeout: { total: 500, attempt: false }, hedge: { delay: 600 } },
      'hedge.delay: expected less than timeout.total (500), or no second copy is ever sent, got 600',
    ],
    [{ concurrency: { max: 1, min: 2 } }, 'concurrency.max: expected at least min (2), got 1'],
    [
      { concurrency: { adaptive: true, max: 10, initial: 20 } },
      'concurrency.initial: expected at most max (10), got 20',
    ],
    [
      { concurrency: { adaptive: true, min: 5, initial: 4 } },
      'concurrency.initial: expected at least min (5), got 4',
    ],
  ])('say so, in a client, a host and a call: %j', (options, message) => {
    expect(saidOfClient(options)).toBe(message);
    expect(saidOfCall(options)).toBe(message);
    expect(saidOfClient({ hosts: { 'a.test': options } })).toBe(`hosts.a.test.${message}`);
  });

  test.each<[CallOptions]>([
    [{ timeout: { total: 1_000, attempt: 1_000 } }],
    [{ timeout: { total: false, attempt: 1_000 } }],
    [{ timeout: { total: 1_000, attempt: false } }],
    [{ timeout: 1_000 }],
    [{ timeout: { attempt: 50_000 } }],
    [{ retry: { backoff: { base: 100, cap: 100 } } }],
    [{ retry: { backoff: { base: 0, cap: 0 } } }],
    [{ circuitBreaker: { openFor: 100, maxOpenFor: 100 } }],
    [{ timeout: { attempt: 100 }, circuitBreaker: { window: 100 } }],
    [{ timeout: { attempt: false }, circuitBreaker: { window: 1 } }],
    [{ timeout: false, circuitBreaker: { window: 1 } }],
    [{ timeout: { attempt: 500 }, circuitBreaker: { slowCallDuration: 500 } }],
    [{ timeout: { attempt: 500 }, circuitBreaker: { slowCallDuration: false } }],
    [{ timeout: { attempt: false }, circuitBreaker: { slowCallDuration: 60_000 } }],
    [{ timeout: 100, circuitBreaker: { slowCallDuration: 5_000 } }],
    [{ circuitBreaker: { slowCallRatio: 0.5 } }],
    [{ circuitBreaker: { probes: 1, successThreshold: 5 } }],
    [{ timeout: { total: 1_000, attempt: 500 }, hedge: 499 }],
    [{ timeout: false, hedge: 60_000 }],
    [{ timeout: { total: false, attempt: false }, hedge: { delay: 60_000 } }],
    [{ timeout: 500, hedge: true }],
    [{ timeout: 500, hedge: { percentile: 0.9 } }],
    [{ concurrency: { adaptive: true, min: 5, max: 5, initial: 5 } }],
    [{ concurrency: { max: 5 } }],
  ])('take 2 that go together: %j', (options) => {
    expect(saidOfClient(options)).toBeUndefined();
    expect(saidOfCall(options)).toBeUndefined();
  });
});

describe('a whole set of options', () => {
  test('such as the contract’s own 2 examples is taken', () => {
    expect(saidOfCall({ timeout: 2_000, retry: 5 })).toBeUndefined();
    const options: ClientOptions = {
      name: 'github',
      baseUrl: 'https://api.github.com/',
      headers: { accept: 'application/vnd.github+json' },
      timeout: { total: 10_000, attempt: 3_000 },
      retry: { maxRetries: 4, retryAfter: { max: 60_000 } },
      hosts: {
        'uploads.github.com': {
          retry: { methods: ['GET', 'POST'] },
          timeout: { attempt: 30_000 },
        },
        '*.githubusercontent.com': { circuitBreaker: false },
      },
    };
    expect(checkClientOptions(options)).toEqual(options);
    expect(() => createClient(options)).not.toThrow();
  });

  test('that is all data comes from a JSON file as well, with 3 functions less', () => {
    const options: ClientOptions = {
      name: 'all',
      baseUrl: 'https://a.test/b',
      headers: { a: '1' },
      timeout: { total: 10_000, attempt: 3_000, body: 1_000 },
      retry: {
        maxRetries: 4,
        methods: ['GET', 'POST'],
        statuses: [429, 503],
        backoff: { type: 'linear', base: 1, factor: 2, cap: 3, jitter: 'equal' },
        retryAfter: { max: 60_000 },
      },
      circuitBreaker: {
        failureRatio: 0.9,
        minimumThroughput: 1,
        window: 5_000,
        consecutiveFailures: 1,
        slowCallDuration: 2_500,
        slowCallRatio: 0.9,
        openFor: 1,
        maxOpenFor: 2,
        probes: 2,
        successThreshold: 3,
        enforce: false,
      },
      idempotencyKey: true,
      hosts: {
        'a.test': { timeout: false, retry: false, circuitBreaker: false, idempotencyKey: false },
        '*.b.test': { timeout: 1, retry: 1, circuitBreaker: true },
      },
      pool: {
        connections: 1,
        connectTimeout: 1,
        keepAliveTimeout: 1,
        pipelining: 1,
        proxy: 'http://proxy.test',
        dns: true,
        cache: { methods: ['GET'] },
        deduplicate: false,
        agent: { maxOrigins: 5 },
      },
      maxOrigins: 1,
    };
    const read = JSON.parse(JSON.stringify(options)) as ClientOptions;
    expect(checkClientOptions(read)).toEqual(options);
    expect(() => createClient(read)).not.toThrow();
  });

  test('is copied, so that 1 change of it afterwards counts for nothing', () => {
    const options: ClientOptions = { retry: { maxRetries: 1 } };
    const checked = checkClientOptions(options);
    Object.assign(options, { retry: 'wrong' });
    expect(checked).toEqual({ retry: { maxRetries: 1 } });
  });

  test('may be frozen, 2 levels deep', () => {
    const options = Object.freeze({ retry: Object.freeze({ maxRetries: 1 }) });
    expect(() => createClient(options)).not.toThrow();
  });

  test('is 0 options where there are none', () => {
    expect(checkClientOptions({})).toEqual({});
    expect(() => createClient()).not.toThrow();
    expect(() => createClient(undefined)).not.toThrow();
  });

  test.each([null, 1, 'x', true, [], () => 1])(
    'is refused where it is no object, 1 of 6: %s',
    (options) => {
      const message = `options: expected an object, got ${shown(options)}`;
      expect(faultIn(() => createClient(options as never))).toBe(message);
      expect(saidOfCall(options)).toBe(message);
    },
  );

  test('of 1 call that is wrong rejects the call, and sends nothing', async () => {
    let sent = 0;
    const client = createClient({
      fetch: async () => {
        sent++;
        return new Response();
      },
    });
    const call = client('https://a.test', { resilience: { retry: -1 } });
    await expect(call).rejects.toThrow(new OptionsError('retry: expected an integer ≥ 0, got -1'));
    expect(sent).toBe(0);
  });

  test('of an extension is checked as well, and can’t set 1 thing: maxOrigins', () => {
    const client = createClient();
    expect(faultIn(() => client.extend({ retry: -1 }))).toBe(
      'retry: expected an integer ≥ 0, got -1',
    );
    expect(faultIn(() => client.extend({ maxOrigins: 1 }))).toMatch(/^maxOrigins: expected/);
  });
});
