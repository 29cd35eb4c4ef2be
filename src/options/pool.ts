import * as v from 'valibot';
import { atLeast, kind, length, object, record } from '../schema.ts';

const passed = (text: string) => record(v.unknown(), text);
const booleanOrPassed = kind(
  'object',
  passed('an object'),
  v.boolean("an object of undici's options, or a boolean"),
);

export const pool = object({
  /** Sockets per origin; more calls than that wait. @default unlimited, as undici */
  connections: v.optional(atLeast(1)),
  /** Bounds the making of a connection, in milliseconds; through a proxy by undici's own clock, which is coarse (500 ms). @default 10_000 */
  connectTimeout: v.optional(length),
  /** How long an idle connection is kept, in milliseconds, where the server names no time. @default 4_000 */
  keepAliveTimeout: v.optional(length),
  /** Requests sent ahead on one connection. @default 1 */
  pipelining: v.optional(atLeast(0)),
  /** `true` takes `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` from the environment; a string is the proxy itself. */
  proxy: v.optional(
    kind('string', v.pipe(v.string(), v.url('a URL')), v.boolean('a URL, or a boolean')),
  ),
  /** undici's DNS cache: `true`, or its options. */
  dns: v.optional(booleanOrPassed),
  /** undici's HTTP cache (RFC 9111, with stale-if-error): `true`, or its options. */
  cache: v.optional(booleanOrPassed),
  /**
   * undici's coalescing of concurrent identical GETs: `true`, or its options. A second copy of `hedge` is one of those, so
   * that the two can't go together.
   */
  deduplicate: v.optional(booleanOrPassed),
  /** Anything else that undici's `Agent` takes, by undici's names. */
  agent: v.optional(passed("an object of undici's Agent options")),
});

/** Settings of a client's own connections. */
export interface PoolOptions extends v.InferInput<typeof pool> {}
