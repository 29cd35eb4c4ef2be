import * as v from 'valibot';
import { check } from '../check.ts';
import { defaultPropagation, type PropagationRule } from '../decisions/propagation.ts';
import { travels } from '../options/propagation.ts';
import { fn, kind, lengthOrOff, object } from '../schema.ts';
import type { HandlerFailure } from './report.ts';

const propagation = object(travels);
interface Travels extends v.InferInput<typeof propagation> {}

const options = object({
  /**
   * Time for an answer, in milliseconds, whatever the caller allows; or a function that gives it for each request. Of
   * `nodeHandler` it is time to the end of the body, of `fetchHandler` to the Response: the body is the server's, but for
   * one that a call gave. Without it, the caller's word alone counts, and one who gives none may keep a handler for ever.
   *
   * @default false
   */
  deadline: v.optional(
    kind<() => number | false, number | false>(
      'function',
      fn('() => milliseconds or false'),
      lengthOrOff,
    ),
  ),
  /**
   * Which headers of the caller's are believed, and by which name an answer says that a retry is of no use. `true` is for
   * the default names, Envoy's and gRPC's; `false` for a server that anybody may call.
   *
   * @default true
   */
  propagation: v.optional(
    kind<Travels, boolean>('object', propagation, v.boolean('an object, or a boolean')),
  ),
  /** Ends all that is under way, as when the process has to go. */
  signal: v.optional(
    v.custom<AbortSignal>((value) => value instanceof AbortSignal, 'an AbortSignal'),
  ),
  /**
   * Answers what a handler throws by design, as `NotFound`; `undefined` leaves it to the wrapper. One that throws counts
   * as `undefined`.
   */
  answer: v.optional(
    fn<(error: unknown) => Response | undefined>('(error) => Response | undefined'),
  ),
  /**
   * Hears of every request that a handler did not answer by itself, and why. Here is the place to log a bug, as nothing of
   * it is in the answer. @default prints bugs with `console.error`
   */
  onFailure: v.optional(fn<(failure: HandlerFailure) => void>('(failure) => void')),
});

/** What a wrapped handler is held to. */
export interface ServerOptions extends v.InferInput<typeof options> {}

/** What is done around every request, with nothing left open. */
export interface ServerRule {
  readonly deadline: () => number | false;
  /** What is believed of a request; `false` for nothing. */
  readonly heard: PropagationRule | false;
  /** The header that says that a retry is of no use. */
  readonly mark: string | false;
  readonly signal: AbortSignal | undefined;
  readonly answer: ((error: unknown) => Response | undefined) | undefined;
  readonly onFailure: ((failure: HandlerFailure) => void) | undefined;
}

const names = [
  ...Object.keys(options.entries),
  ...Object.keys(travels).map((name) => `propagation.${name}`),
];

/** Checks what a wrapper is given; throws an OptionsError that names every fault. */
export function ruleFrom(given: unknown): ServerRule {
  const checked = check<ServerOptions>(options, given, names);
  const { deadline = false, propagation = true, signal, answer, onFailure } = checked;
  const own = typeof propagation === 'object' ? propagation : {};
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  const rule: PropagationRule = { ...defaultPropagation, ...Object.fromEntries(said) };
  return {
    deadline: typeof deadline === 'function' ? deadline : () => deadline,
    heard: propagation !== false && rule,
    mark: propagation !== false && rule.doNotRetry,
    signal,
    answer,
    onFailure,
  };
}
