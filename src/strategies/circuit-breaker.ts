import type { Answer } from '../core/answer.ts';
import { isElsewhere } from '../core/elsewhere.ts';
import { refusalAt } from '../core/ending.ts';
import { CircuitOpenError } from '../core/errors.ts';
import type { Strategy } from '../core/pipeline.ts';
import { attemptEvent, type Runtime } from '../core/runtime.ts';
import { type Classify, faultIn } from '../decisions/classify.ts';
import { isExcused } from '../decisions/lost-connections.ts';
import type { CircuitRule } from '../decisions/trip.ts';
import { circuitOf } from './circuit.ts';

/**
 * No attempt while the origin is failing; each attempt is one sample.
 *
 * @param lease how long a probe may take, in milliseconds, before it no longer keeps the next one waiting.
 * @param classify tells what an error says, where it is not one of the network.
 */
export function circuitBreaker<Given extends Answer = Response>(
  rule: CircuitRule,
  runtime: Runtime,
  lease: number,
  classify?: Classify,
): Strategy<Given> {
  const { slowCallDuration } = rule;
  const begin = () => (slowCallDuration === false ? 0 : performance.now());
  // of a time that was another origin's in part, nobody knows whose it was
  const isSlow = (start: number, outcome: unknown) =>
    slowCallDuration !== false &&
    performance.now() - start >= slowCallDuration &&
    !isElsewhere(outcome);

  return (next) =>
    async function circuitBreaker(request, context) {
      const circuit = circuitOf(context.state, runtime);
      const report = circuit.admit(rule, lease, context.insist);
      if (!report && !rule.enforce) {
        if (runtime.events.heard('circuit.wouldRefuse'))
          runtime.events.emit('circuit.wouldRefuse', attemptEvent(runtime, context, request));
        return next(request, context);
      }
      if (!report) {
        const { retryAfter } = circuit;
        const refusal = refusalAt(context.origin, context.log);
        // a stack of calls costs three times one of awaits, which names the caller as well
        await undefined;
        throw new CircuitOpenError(retryAfter, refusal);
      }
      const start = begin();
      try {
        const response = await next(request, context);
        report(faultIn({ response }, context, classify), { response }, isSlow(start, response));
        return response;
      } catch (error) {
        const excused = isExcused(error, context.state, performance.now());
        const fault = excused ? 'ignored' : faultIn({ error }, context, classify);
        report(fault, { error }, isSlow(start, error));
        throw error;
      }
    };
}
