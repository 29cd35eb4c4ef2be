// A call with two retries as a trace: its span, one for each attempt, and under each the server's own.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { type Attributes, context, propagation, SpanKind, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { hrTimeToMilliseconds, W3CTraceContextPropagator } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { createClient } from 'resilient-fetch';

// What a service does once, as it starts. Every client finds it by itself.
const exporter = new InMemorySpanExporter();
const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(new W3CTraceContextPropagator());
trace.setGlobalTracerProvider(provider);

// A server that goes on with the trace that a request belongs to.
const statuses = [503, 429];
const server = createServer(async ({ headers }, response) => {
  const caller = propagation.extract(context.active(), headers);
  const options = { kind: SpanKind.SERVER };
  const span = trace.getTracer('server').startSpan('GET /report', options, caller);
  await wait(10);
  const status = statuses.shift() ?? 200;
  if (status === 429) response.setHeader('retry-after', '1');
  span.setAttribute('http.response.status_code', status).end();
  response.writeHead(status).end();
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/report?token=secret`;

/** What ended since the last look. */
async function finished(): Promise<ReadableSpan[]> {
  await provider.forceFlush();
  const spans = exporter.getFinishedSpans();
  exporter.reset();
  return spans;
}

/** A span and what happened in it, in the order of time: its events, and the spans that it caused. */
function print(span: ReadableSpan, all: readonly ReadableSpan[], zero: number, depth = 0): void {
  const since = (time: ReadableSpan['startTime']) => hrTimeToMilliseconds(time) - zero;
  const line = (at: number, text: string) =>
    console.log(`${String(Math.round(at)).padStart(6)} ms ${'    '.repeat(depth)} ${text}`);

  const took = Math.round(hrTimeToMilliseconds(span.duration));
  const { name, kind, startTime, attributes } = span;
  line(since(startTime), `${SpanKind[kind]} ${name}, ${took} ms: ${told(attributes)}`);
  const { spanId } = span.spanContext();
  const children = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === spanId);
  const within = [
    ...children.map((child) => {
      return { at: since(child.startTime), show: () => print(child, all, zero, depth + 1) };
    }),
    ...span.events.map(({ time, name, attributes = {} }) => {
      const at = since(time);
      return { at, show: () => line(at, `  * ${name}: ${told(attributes)}`) };
    }),
  ];
  for (const { show } of within.toSorted((one, other) => one.at - other.at)) show();
}

/** Attributes without the server, which is the same in all. Lengths are in seconds. */
function told(attributes: Attributes): string {
  return Object.entries(attributes)
    .filter(([name, value]) => value !== false && !/^server|client$|origin$|method$/.test(name))
    .map(([name, value]) => {
      const short = name.replace(/^resilient_fetch\.|^http\.re\w+\./, '');
      return `${short} ${typeof value === 'number' ? Number(value.toFixed(3)) : value}`;
    })
    .join(', ');
}

const client = createClient({ name: 'reports' });
await client(url);
const spans = await finished();
const call = spans.find(({ kind }) => kind === SpanKind.INTERNAL);
if (!call) throw new Error('the call left no span');
print(call, spans, hrTimeToMilliseconds(call.startTime));
console.log(`All ${spans.length} are of the trace ${call.spanContext().traceId}.`);

await createClient({ telemetry: false })(url);
const names = (await finished()).map(({ kind }) => SpanKind[kind]);
console.log(`\nWith \`telemetry: false\` there is what the server tells: ${names.join(', ')}.`);

await client.close();
server.close();
server.closeAllConnections();
