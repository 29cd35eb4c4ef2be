import * as v from 'valibot';
import { delay, kind, object, off, oneOf, type Schema } from '../schema.ts';

const headerName: Schema<string> = v.pipe(
  v.string('a header name'),
  v.regex(/^[!#$%&'*+.^_`|~\w-]+$/, 'a header name'),
);
const nameOrOff = kind<string, false>('string', headerName, off('a header name, or false'));

const deadlineHeader = object({
  header: headerName,
  format: v.optional(oneOf('milliseconds', 'grpc')),
});
const ownHeader = deadlineHeader as Schema<v.InferOutput<typeof deadlineHeader>>;
const forms = oneOf('milliseconds', 'envoy', 'grpc');
const orOff = off("'milliseconds', 'envoy', 'grpc', an object with a header, or false");

/** What of a call travels, and by which names: the same for whoever asks and for whoever is asked. */
export const travels = {
  /**
   * The time that is left, a length and never an instant: as `milliseconds` in `x-request-timeout-ms`, for `envoy` in
   * `x-envoy-expected-rq-timeout-ms`, for `grpc` in `grpc-timeout`, or in a header of your own. Without it, a service goes
   * on with work that nobody waits for any more.
   *
   * @default 'milliseconds'
   */
  deadline: v.optional(kind('object', ownHeader, kind('string', forms, orOff))),
  /**
   * The header that tells which try a request is, such as `x-envoy-attempt-count`. Without it, each layer retries what the
   * layer above it retries, and three layers with 3 retries each send 64 requests for one.
   *
   * @default 'x-request-attempt'
   */
  attempt: v.optional(nameOrOff),
  /**
   * The header by which an answer says that a retry is of no use, since whoever gave it has retried already. It is heeded
   * also where nothing is sent; so are `x-should-retry: false` and a negative `grpc-retry-pushback-ms`.
   *
   * @default 'x-do-not-retry'
   */
  doNotRetry: v.optional(nameOrOff),
};

export const propagation = object({
  ...travels,
  /**
   * Milliseconds of what is left that are kept for the way there and back, so that an answer of the last moment, or the
   * word that there will be none, arrives before nobody waits for it.
   *
   * @default 10
   */
  margin: v.optional(delay),
});

/** What of a call travels with it to the service that it asks. */
export interface PropagationOptions extends v.InferInput<typeof propagation> {}
