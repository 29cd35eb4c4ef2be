import Anthropic from '@anthropic-ai/sdk';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import ky from 'ky';
import { createFetch } from 'ofetch';
import OpenAI from 'openai';
import { createClient, withContext } from 'resilient-fetch';
import Stripe from 'stripe';
import { describe, expect, test } from 'vitest';
import { failingServer } from './support/failing-server.ts';
import { status } from './support/faults.ts';
import { Pace } from './support/pace.ts';

// Retries within retries multiply: an SDK that sends 3 requests, over a fetch that makes 4 of each, could send 12.

interface Retrying {
  readonly name: string;
  /** Requests that it sends by itself for a call that fails. */
  readonly alone: number;
  readonly call: (fetch: typeof globalThis.fetch, origin: string) => Promise<unknown>;
}

const apiKey = 'key';
const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
const sdks: readonly Retrying[] = [
  {
    name: 'openai',
    alone: 3,
    call: async (fetch, baseURL) => new OpenAI({ apiKey, baseURL, fetch }).models.list(),
  },
  {
    name: '@anthropic-ai/sdk',
    alone: 3,
    call: async (fetch, baseURL) => new Anthropic({ apiKey, baseURL, fetch }).models.list(),
  },
  {
    name: 'stripe',
    alone: 3,
    call: (fetch, origin) => {
      const httpClient = Stripe.createFetchHttpClient(fetch);
      const at = { host: '127.0.0.1', port: new URL(origin).port, protocol: 'http' } as const;
      return new Stripe(apiKey, { ...at, telemetry: false, httpClient }).customers.retrieve('one');
    },
  },
  {
    name: '@aws-sdk/client-s3',
    alone: 3,
    call: (customFetch, endpoint) => {
      const requestHandler = new FetchHttpHandler({ customFetch });
      const at = { endpoint, region: 'eu-central-1', forcePathStyle: true };
      const client = new S3Client({ ...at, credentials, requestHandler });
      return client.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'key' }));
    },
  },
  { name: 'ky', alone: 3, call: (fetch, origin) => ky.create({ fetch })(origin).json() },
  { name: 'ofetch', alone: 2, call: (fetch, origin) => createFetch({ fetch })(origin) },
];

/** How many requests a server that only fails sees of so many calls, one after another. */
async function requestsOf({ call }: Retrying, fetch: typeof globalThis.fetch, calls = 1) {
  const faults = Array(100).fill(status(503, { 'retry-after-ms': '1' }));
  await using server = await failingServer(faults, () => {}, new Pace());
  for (let made = 0; made < calls; made++)
    await expect(call(fetch, server.origin)).rejects.toThrow();
  return server.requests.length;
}

describe.concurrent.each(sdks)('$name, with its own retries left on', (sdk) => {
  const { alone } = sdk;

  test(`sends ${alone} requests over the platform’s fetch, and ${alone} where ours is told not to retry`, async () => {
    expect(await requestsOf(sdk, globalThis.fetch)).toBe(alone);
    expect(await requestsOf(sdk, createClient({ retry: false }))).toBe(alone);
    const inContext = withContext({ doNotRetry: true }, () => requestsOf(sdk, createClient()));
    expect(await inContext).toBe(alone);
  });

  const most = Math.min(alone * 4, 10);
  test(`sends ${most} of ${alone * 4} requests where both retry, as the circuit opens`, async () => {
    expect(await requestsOf(sdk, createClient())).toBe(most);
  });

  test(`sends 10 of ${alone * 4 * 4} requests for 4 calls to a server that is down`, async () => {
    const client = createClient({ circuitBreaker: { openFor: 60_000 } });
    expect(await requestsOf(sdk, client, 4)).toBe(10);
  });
});
