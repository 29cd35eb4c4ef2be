import { createClient } from '@clickhouse/client-web';
import { paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { each } from './support/items.ts';

const open = (fetch: typeof globalThis.fetch, url: string) =>
  createClient({ url, fetch, log: { LoggerClass: Quiet } });

class Quiet {
  trace() {}
  debug() {}
  info() {}
  warn() {}
  error() {}
}

dropIn({
  sdk: '@clickhouse/client-web',
  service: async (_, response, pace) => {
    const rows = each((number) => `{"row":${number}}\n`);
    await paced(response, 'application/x-ndjson', rows, pace);
  },
  async *stream(fetch, origin, abort_signal) {
    const query = { query: 'SELECT 1', format: 'JSONEachRow' as const, abort_signal };
    const rows = (await open(fetch, origin).query(query)).stream();
    for await (const part of rows) yield* part.map((row) => row.text);
  },
});
