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

/** A client, and how it stands with each of the origins that it shares with those it was extended from. */
export interface Family {
  /** That of the client which all others were extended from: whose the origins are. */
  readonly name: string;
  /** Nothing, once it is closed. */
  readings(): Iterable<readonly [origin: string, reading: OriginReading]>;
}

const families = new Set<WeakRef<Family>>();
const gone = new FinalizationRegistry<WeakRef<Family>>((reference) => families.delete(reference));

/** Lets gauges be read of a client, for as long as somebody holds it. */
export function addFamily(family: Family): void {
  const reference = new WeakRef(family);
  families.add(reference);
  gone.register(family, reference);
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

  /** Clients that share origins see the same, each as far as its options go: what one has told, no other need. */
  #report(result: Result): void {
    const told = new Set<string>();
    for (const reference of families) {
      const { name = '', readings } = reference.deref() ?? {};
      for (const [origin, reading] of readings?.() ?? []) {
        const about = originFacts(name, origin);
        for (const [metric, value, facts] of stateOf(reading)) {
          const series = JSON.stringify([name, origin, metric, facts]);
          if (told.has(series)) continue;
          told.add(series);
          result.observe(this.#gauges.get(metric) as never, value, { ...about, ...facts });
        }
      }
    }
  }
}
