import { type EventName, type Events, isOfCircuit } from '../core/events.ts';
import { guarded, warn } from '../core/guard.ts';
import type { Observe } from '../core/observer.ts';
import type { Runtime } from '../core/runtime.ts';
import { detailsOf, originFacts, readings } from './measurements.ts';
import { addFamily, type Family } from './metrics.ts';
import { ObservedCall } from './observed-call.ts';
import { sdk, spanOfCall } from './opentelemetry.ts';

/** Observes the calls of one client, from now on. */
export function observeBy({ name, events }: Runtime, family: Family): Observe {
  const names = new Set(Object.keys(readings)) as Set<EventName>;
  const { name: ofCircuits } = family;
  events.watch({
    names,
    hear: (event, about) => guarded('telemetry', () => hear(event, about, ofCircuits)),
  });
  addFamily(family);

  return (request, context) => {
    try {
      return new ObservedCall(request, context, name, sdk());
    } catch (error) {
      warn('telemetry', error);
      return undefined;
    }
  };
}

/** Counts a decision, and tells the span of the call of it. */
function hear<Name extends EventName>(name: Name, event: Events[Name], ofCircuits: string): void {
  const about = originFacts(isOfCircuit(name) ? ofCircuits : event.client, event.origin);
  for (const [metric, value, facts] of readings[name]?.(event) ?? []) {
    sdk().metrics.add(metric, value, { ...about, ...facts });
  }
  const span = spanOfCall();
  if (span?.isRecording()) span.addEvent(`resilient_fetch.${name}`, detailsOf(event));
}
