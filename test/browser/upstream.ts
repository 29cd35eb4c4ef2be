import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that can be killed and brought back, and counts the requests that reached it. */
export interface Upstream extends AsyncDisposable {
  readonly origin: string;
  /** Requests, those included that it died of. */
  readonly received: number;
  /** Each request now ends with its connection, as at a proxy whose server is gone. */
  die(): void;
  comeBack(): void;
}

export async function startUpstream(): Promise<Upstream> {
  let received = 0;
  let dead = false;
  const server = createServer((request, response) => {
    received++;
    if (dead) request.socket.destroy();
    else setTimeout(() => response.end('fine'), 5 + (received % 4) * 5);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    get received() {
      return received;
    },
    die() {
      dead = true;
    },
    comeBack() {
      dead = false;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
