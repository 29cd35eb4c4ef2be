import * as v from 'valibot';
import { between, conflict, kind, object, type Schema } from '../schema.ts';

const text = 'an absolute http or https URL';
const url = v.pipe(
  v.string(text),
  v.check((given) => /^https?:$/.test(URL.parse(given)?.protocol ?? ''), text),
);

/** One of several base URLs, with its weight. */
export const endpoint = object({
  /** What a relative input is resolved against, its path taken as a folder. */
  url,
  /** Its share of the calls, beside the other weights, where `endpoints` is `'weighted'`. @default 1 */
  weight: v.optional(between(0, Number.MAX_SAFE_INTEGER, 'a number ≥ 0')),
});

/** One of the places that serve the same. */
export interface EndpointOptions extends v.InferInput<typeof endpoint> {}

type Endpoint = string | EndpointOptions;

const several = v.pipe(
  v.array(
    kind<EndpointOptions, string>('object', endpoint, url as Schema<string>),
    `${text}, or an array of them`,
  ),
  v.nonEmpty('at least one URL'),
  v.check((bases) => bases.length === 0 || bases.some(isUsed), 'at least one weight above 0'),
);

/** Where relative inputs go. */
export const baseUrl: Schema<string | Endpoint[]> = kind(
  'string',
  url as Schema<string>,
  several as Schema<Endpoint[]>,
);

/** Weights mean nothing where the order decides. */
export const weightsAgainstOrder = () =>
  conflict<{
    baseUrl?: string | Endpoint[] | undefined;
    endpoints?: 'ordered' | 'weighted' | undefined;
  }>(['endpoints'], ({ baseUrl: bases, endpoints }) =>
    endpoints === 'ordered' && Array.isArray(bases) && bases.some(hasWeight)
      ? "'weighted', since baseUrl has weights"
      : undefined,
  );

function isUsed(base: Endpoint): boolean {
  return typeof base === 'string' || base.weight !== 0;
}

/** Whether a base URL says how many of the calls it is to have. */
export function hasWeight(base: Endpoint): boolean {
  return typeof base === 'object' && base.weight !== undefined;
}
