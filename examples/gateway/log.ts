import { trace } from '@opentelemetry/api';
import { destination, pino } from 'pino';

/**
 * Where a credential may stand. No request's headers are logged on purpose, and those of the configuration are never shown;
 * the rest is for the day when somebody logs an object as it is.
 */
const secrets = [
  ...['upstreams.*.client.headers', 'upstreams.*.client.pool.proxy'],
  ...['headers', '*.headers', 'authorization', '*.authorization', 'cookie', '*.cookie'],
];

/**
 * One line of JSON for each thing that happened, to standard output: where it goes from there is for the platform to
 * say. Written at once, so that the last words of a process are not lost.
 */
export const log = pino(
  {
    level: process.env.LOG_LEVEL ?? 'info',
    base: undefined,
    formatters: { level: (level) => ({ level }) },
    redact: secrets,
    mixin() {
      const { traceId, spanId } = trace.getActiveSpan()?.spanContext() ?? {};
      return traceId ? { traceId, spanId } : {};
    },
  },
  destination({ fd: 1, sync: true }),
);
