import { once } from 'node:events';
import { createServer } from 'node:http';
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

const given: LayerOptions = JSON.parse(process.argv[2] ?? '');
const { deadline, propagation, retry, timeout, failure } = given;
const client = createClient({
  propagation,
  retry: retry ?? 3,
  ...(timeout && { timeout }),
  // who multiplies is to be seen, and not what a budget or a circuit would make of that
  retryBudget: false,
  circuitBreaker: false,
});

const handler = nodeHandler(
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

const server = createServer(handler).listen(0, '127.0.0.1');
await once(server, 'listening');
/** Whom it asks, which it is told when all are there. */
let below = '';
process.once('message', (url) => {
  below = String(url);
});
process.send?.({ port: (server.address() as AddressInfo).port });
process.once('disconnect', () => process.exit());
