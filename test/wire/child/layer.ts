import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type ClientOptions,
  createClient,
  currentContext,
  type PropagationOptions,
} from '../../../src/index.ts';
import { nodeHandler } from '../../../src/server.ts';

/** What one service of a chain is made with. */
export interface LayerOptions {
  /** What it gives each request, in milliseconds; none without. */
  readonly deadline?: number;
  /** What it tells whom it asks, and what it believes of who asks it. */
  readonly propagation: boolean | Omit<PropagationOptions, 'margin'>;
  readonly retry: ClientOptions['retry'];
  readonly timeout?: ClientOptions['timeout'];
  /** What it does with a failure from below: passes its status on, or answers with one of its own. */
  readonly failure: 'pass' | 'replace';
}

/** One request that a service worked on, by the clock that all processes of a machine share. */
export interface LayerReport {
  readonly stoppedAt: number;
  /** What it had for it when it began, in milliseconds; `null` without a deadline. */
  readonly allowed: number | null;
  /** A status, or the error that its call ended with. */
  readonly end: string;
}

/** What a service is told when a chain is made: what it is, and whom it asks. */
export interface LayerOrder {
  readonly options: LayerOptions;
  readonly below: string;
}

function handlerOf({ options, below }: LayerOrder): RequestListener {
  const { deadline, propagation, retry, timeout, failure } = options;
  const client = createClient({
    propagation,
    retry: retry ?? 3,
    ...(timeout && { timeout }),
    // who multiplies is to be seen, and not what a budget or a circuit would make of that
    retryBudget: false,
    circuitBreaker: false,
  });
  return nodeHandler(
    async (_, response) => {
      const allowed = currentContext()?.timeLeft ?? Number.POSITIVE_INFINITY;
      let end = '';
      process.send?.('begun');
      try {
        const { status, ok, body } = await client(below);
        await body?.cancel();
        end = String(status);
        response.writeHead(failure === 'pass' || ok ? status : 500).end();
      } catch (error) {
        end = String(error);
        throw error;
      } finally {
        const stoppedAt = performance.timeOrigin + performance.now();
        process.send?.({ stoppedAt, allowed, end });
      }
    },
    { propagation, ...(deadline !== undefined && { deadline }) },
  );
}

let handler: RequestListener = (_, response) => response.writeHead(501).end();
const server = createServer((request, response) => handler(request, response));
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.on('message', (order) => {
  handler = handlerOf(order as LayerOrder);
  process.send?.('ready');
});
process.send?.({ port: (server.address() as AddressInfo).port });
process.once('disconnect', () => process.exit());
