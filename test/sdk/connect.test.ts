import { createClient, createConnectRouter } from '@connectrpc/connect';
import { createFetchHandler } from '@connectrpc/connect/protocol';
import { createConnectTransport } from '@connectrpc/connect-web';
import { dropIn } from './support/drop-in.ts';
import { Echo } from './support/echo-service.ts';
import { items } from './support/items.ts';
import type { Pace } from './support/pace.ts';
import { asRequest, sendResponse } from './support/web.ts';

const open = (fetch: typeof globalThis.fetch, baseUrl: string) =>
  createClient(Echo, createConnectTransport({ baseUrl, fetch, useHttpGet: true }));

const handlersOf = (pace: Pace) =>
  createConnectRouter().service(Echo, {
    read: ({ value }) => ({ value }),
    write: ({ value }) => ({ value: `${value.length} characters` }),
    async *lines() {
      for (let line = 1; line <= items; line++) {
        yield { value: `line ${line}` };
        await pace.heard(line);
      }
    },
  }).handlers;

dropIn({
  sdk: '@connectrpc/connect-web',
  service: async (arrived, response, pace) => {
    const request = asRequest(arrived);
    const { pathname } = new URL(request.url);
    const handler = handlersOf(pace).find(({ requestPath }) => requestPath === pathname);
    if (handler) await sendResponse(response, await createFetchHandler(handler)(request));
  },
  read: async (fetch, origin, signal) => {
    return (await open(fetch, origin).read({ value: 'Grüße' }, { signal })).value;
  },
  write: async (fetch, origin, signal) => {
    return (await open(fetch, origin).write({ value: 'Grüße '.repeat(10_000) }, { signal })).value;
  },
  async *stream(fetch, origin, signal) {
    for await (const { value } of open(fetch, origin).lines({}, { signal })) yield value;
  },
});
