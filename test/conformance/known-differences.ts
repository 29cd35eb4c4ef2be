/** A difference that is right, by what is promised. */
export interface KnownDifference {
  /** The areas and the names of the cases. */
  readonly in: readonly string[];
  /** The names of the subjects that differ; all where left out. */
  readonly of?: readonly string[];
  /** Whether this Node is one on which they do; all are where left out. */
  readonly when?: boolean;
  /** Where the observations differ: in each of these places, and nowhere else. */
  readonly at: readonly string[];
  readonly why: string;
}

const major = Number(process.versions.node.split('.')[0]);
const ownPool = ['a client with a pool of its own'];
/** Whether the platform is one whose forms lack their last line end. */
export const endsBare = (await new Response(new FormData()).text()).endsWith('--');

const forms = [
  ...['an empty FormData', 'a subclass of FormData', 'a FormData of 2 texts'],
  ...['a FormData with line ends', 'a FormData with quotes', 'a FormData beyond ASCII'],
  ...['a FormData with a file', 'a FormData with a blob', 'a FormData with a blob and a name'],
  'a FormData with an empty file and bytes of all kinds',
];

/** All of them. Each is shown to be still there by its case, which fails as well where the difference is gone. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    in: ['before the call', 'in the turn of the call', 'while the headers are waited for'].map(
      (moment) => `aborts: ${moment}, with a frozen object`,
    ),
    at: ['caller.thrown', 'caller.own'],
    why: "an abort rejects with the caller's own reason; undici tries to write a stack into it, and fails",
  },
  {
    in: ['request headers: a record with a hidden property'],
    at: ['servers.0.0.headers'],
    why: 'a record is copied as the Fetch standard reads it, by what can be enumerated; undici sends the rest too',
  },
  {
    in: ['request bodies: a stream of an ArrayBuffer', 'request bodies: a stream of null'],
    at: ['caller.thrown.cause'],
    why: 'both refuse a chunk that is no bytes by "fetch failed" and a TypeError, which has the text of the standard here',
  },
  {
    in: ['options: dispatcher: object null'],
    at: ['caller', 'servers.0'],
    why: 'a null dispatcher is none; fetch stops at an assertion of its own, thrown at once and not rejected',
  },
  {
    in: [
      ...forms.map((form) => `request bodies: ${form}`),
      'requests: a Request and an init with a form',
      'redirects: 308 to a POST of a form sends it 2 times',
    ],
    when: endsBare,
    at: ['servers.0'],
    why: 'a form ends in a line end, as it has since undici 6.22; in 6.21 (Node 22.19) it does not',
  },
  {
    in: ['', ', without duplex'].map(
      (duplex) => `request bodies: an async iterable that throws when asked${duplex}`,
    ),
    when: major === 22,
    at: ['caller.thrown'],
    why: 'what it throws is thrown as it is, as by fetch since Node 24',
  },
  {
    in: ['uploads: a stream that fails after 1 chunk'],
    when: major === 26,
    at: ['caller.locked'],
    why: 'a stream stays locked, as by fetch until Node 24',
  },
  {
    in: ['uploads: a stream of the caller is locked by the call and stays so'],
    when: major === 26,
    at: ['caller'],
    why: 'a stream is locked at once, as by fetch until Node 24, so that nobody reads from it while a retry waits',
  },
  {
    in: ['response headers: folded over 2 lines', 'response headers: with a name that is none'],
    of: ownPool,
    when: major === 22,
    at: ['caller'],
    why: 'the connections are those of undici 8: its parser takes what that of undici 6 refuses, or the other way round',
  },
  {
    in: [
      ...['with a null byte', 'without a colon', 'ended by a line feed alone'].map(
        (title) => `response headers: ${title}`,
      ),
      ...['HTTP/0.9', 'no HTTP', 'a length that is none', 'a length below 0'],
      ...['a length of 20 digits', '2 lengths that agree', '2 lengths that do not'],
      ...['a length and chunks', 'a status of 2 digits', 'a status of 4 digits', 'a status of 0'],
    ].map((title) => (title.includes(':') ? title : `answers: ${title}`)),
    of: ownPool,
    when: major === 22,
    at: ['caller.thrown.cause'],
    why: 'the connections are those of undici 8: its parser has other words for what it refuses',
  },
  {
    in: ['answers: chunks of a size that is none', 'answers: chunks of a size too small'],
    of: ownPool,
    when: major === 22,
    at: ['caller.read.thrown.cause'],
    why: 'the connections are those of undici 8: its parser has other words for what it refuses',
  },
  {
    in: ['request headers: Headers', 'request headers: Headers of a Response'],
    of: ownPool,
    at: ['servers.0.0.headers'],
    why: 'a Headers is read as anybody reads one: names in small letters, and in their order; fetch looks behind it',
  },
  {
    in: ['requests: a Request as the init of a URL, with a body'],
    of: ownPool,
    at: ['servers.0.0.headers'],
    why: 'the headers of a Request are read as anybody reads them, in the order of their names',
  },
  {
    in: ['requests: a Request with headers'],
    of: ownPool,
    at: ['servers.0.0.headers', 'servers.0.1.headers'],
    why: 'the headers of a Request are read as anybody reads them, in the order of their names',
  },
  {
    in: ['response headers: within white space'],
    of: ownPool,
    at: ['caller.head.headers.1', 'caller.head.printed'],
    why: 'white space around a value is no part of it (RFC 9110, section 5.5); fetch keeps what stands behind it',
  },
  {
    in: ['readings: a Response is asked by the getters of the prototype'],
    of: ownPool,
    at: ['caller.value'],
    why: "what a Response says of its URL and type is said by its own class, and not by the platform's getters",
  },
  {
    in: ['readings: a Response is read with its methods taken off'],
    of: ownPool,
    at: ['caller.thrown'],
    why: 'both throw a TypeError, which has the words of the language here',
  },
  {
    in: ['redirects: to white space around'],
    of: ownPool,
    at: ['caller', 'servers.0'],
    why: 'white space around a Location is no part of it; fetch fails on it: "Cannot create property"',
  },
  {
    in: ['answers: 407'],
    of: ownPool,
    at: ['caller'],
    why: 'a 407 of a server is an answer like any other; fetch makes an error without a message of it, as for a browser',
  },
  {
    in: ['600', '799', '999', 'a reason of Latin-1'].map((title) => `answers: ${title}`),
    of: ownPool,
    at: ['caller.head.keys'],
    why: "what the platform's class does not take is a property of the Response, hidden from whoever lists them",
  },
  {
    in: ['between 2 chunks', 'while the whole body is read'].flatMap((moment) => [
      `aborts: ${moment}, with a number`,
      `aborts: ${moment}, with null`,
    ]),
    of: ownPool,
    at: ['caller'],
    why: "an abort rejects with the caller's own reason; fetch puts an AbortError in the place of 0, null and ''",
  },
  {
    in: [
      'request bodies: an ArrayBuffer that can grow',
      'redirects: 308 to a POST of bytes sends it 2 times',
    ],
    of: ownPool,
    when: major === 22,
    at: ['caller', 'servers.0'],
    why: 'bytes are sent as by fetch since Node 24: what can grow as well, and once more after a redirect',
  },
  {
    in: ['zstd', 'zstd that is broken', '6 of them'].flatMap((coding) => [
      `encodings: ${coding}, of a known length`,
      `encodings: ${coding}, in 2 chunks`,
    ]),
    of: ownPool,
    when: major === 22,
    at: ['caller'],
    why: 'bodies are unpacked as by fetch since Node 24: zstd too, and no more than 5 times',
  },
  {
    in: ['aborted bodies: when the headers are there and nobody reads'],
    of: ownPool,
    when: major === 22,
    at: ['caller.late'],
    why: "an abort rejects with the caller's own reason, as by fetch since Node 24",
  },
  {
    in: ['URLs: with an empty query and fragment'],
    of: ownPool,
    at: ['servers.0.0.request'],
    why: 'a query of no characters is sent as its question mark; fetch loses that before an empty fragment',
  },
];

/** What differs in every answer, by the end of its place. */
export const everywhere = [
  {
    of: ownPool,
    at: /\.(prototype|headersPrototype)$/,
    why: 'a Response and its Headers are of a class that stands on that of the platform: they are made when they are looked at',
  },
];
