/// <reference lib="esnext.disposable" preserve="true" />
import type { Client } from '../client.ts';
import { warn } from '../core/guard.ts';
import { answer } from './answer.ts';
import { Collector } from './collector.ts';
import type { Picture } from './feed.ts';
import { bucketLength } from './history.ts';
import { LiveFeed } from './live-feed.ts';
import { type Way, wayTo } from './mount.ts';
import { type NodeHandler, nodeHandler } from './node-handler.ts';
import { checkClient, checkDashboardOptions, type DashboardOptions } from './options.ts';
import type { Assets } from './page-assets.ts';
import { type Asked, routes } from './routes.ts';

/** A live page about clients, as a handler for a server that is yours. */
export interface Dashboard {
  /** Answers a request of `node:http`, Express and the like. */
  readonly node: NodeHandler;
  /** Answers a request of a server that is made like fetch. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Shows one client more. Returns what ends that. */
  watch(client: Client): () => void;
  /** Ends the streams of those who look, listens to no client any more, and answers 503 from now on. */
  close(): void;
  [Symbol.dispose](): void;
}

/** @param readAssets gives what the page is made of. */
export function openDashboard(
  given: DashboardOptions,
  readAssets: () => Promise<Assets>,
): Dashboard {
  const { clients = [], window = 120_000, path, controls } = checkDashboardOptions(given);
  const collector = new Collector(Math.ceil(window / bucketLength));
  const picture = (): Picture => {
    const { at, bucket, ...shown } = collector.picture();
    return { at, bucket, controls: controls !== undefined, ...shown };
  };
  const feed = new LiveFeed(picture);
  const route = routes({ collector, feed, picture, controls, readAssets });
  let closed = false;
  for (const client of clients) collector.watch(client);

  async function respond(way: Way | undefined, asked: Asked): Promise<Response> {
    const answered = await answerTo(way, asked);
    return asked.method === 'HEAD' ? new Response(null, answered) : answered;
  }

  async function answerTo(way: Way | undefined, asked: Asked): Promise<Response> {
    if (closed) return answer(503, 'the dashboard was closed');
    if (!way) return answer(404, 'not found');
    try {
      return await route({ ...way, ...asked });
    } catch (error) {
      warn('dashboard', error);
      return answer(500, 'the dashboard failed');
    }
  }

  function close(): void {
    closed = true;
    feed.close();
    collector.close();
  }

  return {
    node: nodeHandler(respond, path),
    fetch: (request) => {
      const { pathname } = new URL(request.url);
      return respond(wayTo(pathname, path ?? '/'), { method: request.method, request });
    },
    watch: (client) => (closed ? () => {} : collector.watch(checkClient(client))),
    close,
    [Symbol.dispose]: close,
  };
}
