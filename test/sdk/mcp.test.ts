import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js';
import { resilientFetch } from 'resilient-fetch';
import { describe, expect, test } from 'vitest';
import { type FailingServer, failingServer, type Service } from './support/failing-server.ts';
import { status } from './support/faults.ts';
import { items } from './support/items.ts';
import { Pace } from './support/pace.ts';
import { named, shapeOf } from './support/scene.ts';
import { asRequest, sendResponse } from './support/web.ts';

// A call of it is several requests, POSTs all of them but the one for a stream that this server has not.

const service: Service = async (arrived, response, pace) => {
  if (arrived.method !== 'POST') {
    response.writeHead(405).end();
    return;
  }
  const server = new McpServer({ name: 'pets', version: '1.0.0' });
  server.registerTool('count', {}, async ({ _meta, sendNotification }) => {
    for (let progress = 1; progress <= items; progress++) {
      const params = { progressToken: _meta?.progressToken ?? 0, progress };
      await sendNotification({ method: 'notifications/progress', params });
      await pace.heard(progress);
    }
    return { content: [{ type: 'text', text: 'done' }] };
  });
  const transport = new WebStandardStreamableHTTPServerTransport({});
  await server.connect(transport);
  await sendResponse(response, await transport.handleRequest(asRequest(arrived)));
};

/** Connects, and calls a tool that tells of its progress. */
async function count(server: FailingServer, pace: Pace) {
  const client = new Client({ name: 'one', version: '1.0.0' });
  const url = new URL(server.origin);
  await client.connect(new StreamableHTTPClientTransport(url, { fetch: resilientFetch }));
  try {
    const onprogress = () => pace.hear();
    return await client.callTool({ name: 'count' }, undefined, { onprogress });
  } finally {
    await client.close();
  }
}

const callsOf = ({ requests }: FailingServer, method: string) =>
  requests.filter(({ body }) => body.includes(`"method":"${method}"`));

describe(named({ sdk: '@modelcontextprotocol/sdk' }), () => {
  test('connects after a 429, by 2 equal requests, and hears of 5 steps one by one', async () => {
    const pace = new Pace();
    await using server = await failingServer([status(429)], service, pace);
    expect(await count(server, pace)).toMatchObject({ content: [{ text: 'done' }] });
    expect(pace.count).toBe(items);
    const [first, ...more] = callsOf(server, 'initialize').map(shapeOf);
    expect(more).toEqual([first]);
    expect(callsOf(server, 'tools/call')).toHaveLength(1);
  });

  test('calls a tool 1 time where the connection was reset then', async () => {
    const resetting: Service = (arrived, response, pace) => {
      const isCall = arrived.body.includes('tools/call');
      return isCall ? response.socket?.resetAndDestroy() : service(arrived, response, pace);
    };
    await using server = await failingServer([], resetting, new Pace());
    await expect(count(server, new Pace())).rejects.toThrow('fetch failed');
    expect(callsOf(server, 'tools/call')).toHaveLength(1);
  });
});
