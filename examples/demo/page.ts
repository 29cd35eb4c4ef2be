import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Client } from 'resilient-fetch';
import { createDashboard } from 'resilient-fetch/dashboard';
import { CommandLineError } from './command-line.ts';

/** The live dashboard, while the demo runs. */
export interface Page {
  readonly url: string;
  watch(client: Client): void;
  /** Ends it, whoever still looks. */
  close(): void;
}

/** @param port 0 for a free one. */
export async function showPage(port: number): Promise<Page> {
  const dashboard = createDashboard();
  const server = createServer(dashboard.node).listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandLineError(`--port: nothing can be served at ${port} (${code})`);
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    watch: dashboard.watch,
    close() {
      dashboard.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
