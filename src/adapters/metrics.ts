import type { Facts } from './http-attributes.ts';
import { type Instrument, type InstrumentName, instruments } from './instruments.ts';
import { type OriginReading, originFacts, stateOf } from './measurements.ts';

/** As much of OpenTelemetry's meter as is used here. */
interface Meter {
  createCounter(name: string, options: object): { add(value: number, facts?: Facts): void };
  createHistogram(name: string, options: object): { record(value: number, facts?: Facts): void };
  createObservableGauge(name: string, options: object): Gauge;
  addBatchObservableCallback(report: (result: Result) => void, gauges: never[]): void;
}
type Gauge = object;
interface Result {
  observe(gauge: never, value: number, facts?: Facts): void;
}

/** Clients that share their origins, and how it stands with each of those now. */
export interface Family {
  readonly name: string;
  readings(): Iterable<readonly [origin: string, reading: OriginReading]>;
}

const families = new Set<WeakRef<Family>>();

/** Lets gauges be read of a family, for as long as somebody holds it and does not call what is returned. */
export function addFamily(family: Family): () => void {
  const reference = new WeakRef(family);
  families.add(reference);
  return () => families.delete(reference);
}

type Add = (value: number, facts?: Facts) => void;

/** All metrics, on one meter. */
export class Metrics {
  readonly #add = new Map<string, Add>();
  readonly #gauges = new Map<string, Gauge>();

  constructor(meter: Meter) {
    for (const [name, instrument] of Object.entries(instruments))
      this.#create(name, instrument, meter);
    meter.addBatchObservableCallback((result) => this.#report(result), [
      ...this.#gauges.values(),
    ] as never[]);
  }

  add(name: InstrumentName, value: number, facts: Facts): void {
    this.#add.get(name)?.(value, facts);
  }

  #create(name: string, { kind, boundaries, ...options }: Instrument, meter: Meter): void {
    if (kind === 'gauge') this.#gauges.set(name, meter.createObservableGauge(name, options));
    else if (kind === 'counter') {
      const counter = meter.createCounter(name, options);
      this.#add.set(name, (value, facts) => counter.add(value, facts));
    } else {
      const advice = { explicitBucketBoundaries: boundaries };
      const histogram = meter.createHistogram(name, { ...options, advice });
      this.#add.set(name, (value, facts) => histogram.record(value, facts));
    }
  }

  #report(result: Result): void {
    for (const reference of families) {
      const family = reference.deref();
      if (!family) families.delete(reference);
      for (const [origin, reading] of family?.readings() ?? []) {
        const about = originFacts(family?.name ?? '', origin);
        for (const [name, value, facts] of stateOf(reading)) {
          result.observe(this.#gauges.get(name) as never, value, { ...about, ...facts });
        }
      }
    }
  }
}
