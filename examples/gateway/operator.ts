import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dashboard } from 'resilient-fetch/dashboard';
import { log } from './log.ts';
import type { Readiness } from './ready.ts';
import type { Telemetry } from './telemetry.ts';

type Page = (request: IncomingMessage, response: ServerResponse) => void;

/** What only operators and their machines are shown, on a port that is not open to the world. */
export function operatorPages(
  readiness: () => Readiness,
  { scrape }: Telemetry,
  dashboard: Dashboard,
) {
  const pages: Readonly<Record<string, Page>> = {
    '/healthz': (_, response) => json(response, 200, { alive: true }),
    '/ready': (_, response) => {
      const now = readiness();
      json(response, now.ready ? 200 : 503, now);
    },
    '/metrics': scrape,
    '/dashboard': dashboard.node,
  };
  return (request: IncomingMessage, response: ServerResponse): void => {
    const path = request.url?.split('?', 1)[0] ?? '/';
    // the dashboard has a script and a stream below it
    const name = path.startsWith('/dashboard/') ? '/dashboard' : path;
    const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
    try {
      if (page) page(request, response);
      else json(response, 404, { pages: Object.keys(pages) });
    } catch (error) {
      log.error({ path, err: error }, 'operator page');
      if (!response.headersSent) json(response, 500, { error: 'a bug of ours' });
    }
  };
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body, null, 2)}\n`);
}
