import { crowdOf } from './crowd.ts';
import type { Gauges } from './gauges.ts';
import { slope } from './trend.ts';
import type { OpenWorld } from './world.ts';

/** One thing that must hold, and the figures it was judged by. */
export interface Check {
  readonly holds: boolean;
  readonly text: string;
}

/** What must have happened at least once, or the soak has shown less than it says. */
const expected = [
  ...['status 200', 'status 204', 'status 503', 'retry.scheduled', 'hedge.sent', 'circuit.opened'],
  ...['circuit.closed', 'reconfigured', 'short-lived', 'seen', 'heard', 'call: aborted'],
  ...['call: TimeoutError', 'call: CircuitOpenError', 'call: ConcurrencyLimitError'],
  ...['call: CooldownError', 'call: ThrottledError', 'call: ECONNREFUSED', 'body: TimeoutError'],
];

/** @param tolerance bytes that the heap may seem to rise by for each call: what the marks scatter by, and less than a number. */
export function verdict(
  { tally, clients, crowd, stalls }: OpenWorld,
  { calls, marks, loose, tolerance }: Figures,
): Check[] {
  const [first, ...later] = marks;
  const settled = marks.filter((mark) => mark.calls >= calls / 5);
  const rise = (of: 'heap' | 'external') =>
    slope(settled.map((mark) => ({ x: mark.calls, y: mark[of] })));
  const most = (of: 'timers' | 'sockets' | 'resources' | 'listeners') =>
    Math.max(...later.map((mark) => mark[of] - (first?.[of] ?? 0)));
  const health = Object.values(clients).map((client) => client.health());
  const held = health.flatMap(({ inFlight, origins: known }) => [
    inFlight,
    ...Object.values(known).map(
      ({ inFlight, concurrency }) =>
        inFlight + (concurrency?.inUse ?? 0) + (concurrency?.queued ?? 0),
    ),
  ]);
  const missing = expected.filter((what) => tally.of(what) === 0);
  const known = Object.keys(clients.crowd.health().origins).length;
  const unforeseen = [...tally.unforeseen].map(([text, times]) => `\n  ${times} × ${text}`);
  return [
    is(tally.ended >= calls, `${n(tally.ended)} calls, of ${n(calls)} wanted`),
    is(tally.begun === tally.ended, `${n(tally.begun - tally.ended)} calls never settled`),
    is(
      tally.lateCalls === 0,
      `${n(tally.lateCalls)} calls settled more than 50 ms after their deadline (the latest of all: ${tally.latest.toFixed(1)} ms; this process itself stood still for ${stalls.longest.toFixed(0)} ms at the most)`,
    ),
    is(
      tally.lateAborts === 0,
      `${n(tally.lateAborts)} calls settled more than 50 ms after their abort`,
    ),
    is(
      unforeseen.length === 0,
      `${n(unforeseen.length)} kinds of error that nobody foresaw${unforeseen.join('')}`,
    ),
    is(
      missing.length === 0,
      `${missing.length} of ${expected.length} kinds of event missing: ${missing.join(', ') || 'none'}`,
    ),
    is(
      rise('heap') < tolerance,
      `the heap rises by ${rise('heap').toFixed(2)} bytes a call (less than ${tolerance}), from ${mb(settled[0]?.heap)} to ${mb(settled.at(-1)?.heap)}`,
    ),
    is(
      rise('external') < tolerance,
      `buffers rise by ${rise('external').toFixed(2)} bytes a call (less than ${tolerance})`,
    ),
    is(most('timers') <= 0, `${most('timers')} timers left at any of ${later.length} marks`),
    is(most('sockets') <= 0, `${most('sockets')} sockets left at any of them`),
    is(most('resources') <= 0, `${most('resources')} other resources left at any of them`),
    is(most('listeners') <= 0, `${most('listeners')} listeners left at any of them`),
    is(
      Math.max(...held) === 0,
      `${Math.max(...held)} calls, slots and places in queues held when nothing is under way`,
    ),
    is(
      known <= 1_000 && crowd.size >= Math.min(crowdOf, calls / 10),
      `${n(known)} origins remembered, of ${n(crowd.size)} called`,
    ),
    is(
      loose.length === 0,
      `${loose.length} unhandled rejections, uncaught errors and warnings${loose.map((text) => `\n  ${text}`).join('')}`,
    ),
  ];
}

export interface Figures {
  readonly calls: number;
  readonly marks: readonly Gauges[];
  /** What reached the process itself. */
  readonly loose: readonly string[];
  readonly tolerance: number;
}

function is(holds: boolean, text: string): Check {
  return { holds, text };
}

const n = (count: number) => count.toLocaleString('en');
const mb = (bytes = 0) => `${(bytes / 2 ** 20).toFixed(2)} MB`;
