import { load } from './load.ts';
import type { Row } from './row.ts';

const off = 'no SDK, telemetry off';

/** What OpenTelemetry costs a call of the drop-in. */
export const telemetryRow: Row = {
  id: 'telemetry',
  title: 'OpenTelemetry',
  about:
    "Small JSON again, 16 in flight, by a client on the platform's fetch: two spans, two metrics and a header where an SDK is registered. The last line is the same written by hand around a client without telemetry, which is what the SDK itself takes.",
  names: [
    off,
    'no SDK, telemetry on',
    'SDK, telemetry off',
    'SDK for metrics alone',
    'SDK, 10 % sampled',
    'SDK, all sampled',
    'SDK, all sampled, by hand',
  ],
  apart: true,
  columns: [{ key: 'cpu', head: 'CPU µs', digits: 1, against: [off] }],
  async measure(name, { url, sizes }) {
    // the SDK is loaded by those processes alone that measure it
    const { observed } = await import('./telemetry-clients.ts');
    const send = observed[name]?.();
    if (!send) throw new Error(`nothing is called ${name}`);
    return load(async () => (await send(`${url}json`)).json(), 16, sizes);
  },
};
