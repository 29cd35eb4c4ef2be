import { randomBytes } from 'node:crypto';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { createClient, resilientFetch } from 'resilient-fetch';
import { expect, test } from 'vitest';
import { cuttingServer } from '../support/cutting-server.ts';
import { paced } from './support/answers.ts';
import { dropIn } from './support/drop-in.ts';
import { failingServer, type Service } from './support/failing-server.ts';
import { status } from './support/faults.ts';
import { each } from './support/items.ts';
import { Pace } from './support/pace.ts';

const open = (customFetch: typeof globalThis.fetch, endpoint: string, maxAttempts = 1) =>
  new S3Client({
    endpoint,
    region: 'eu-central-1',
    forcePathStyle: true,
    maxAttempts,
    credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
    requestHandler: new FetchHttpHandler({ customFetch }),
  });

const at = (Key: string) => ({ Bucket: 'bucket', Key });

dropIn({
  sdk: '@aws-sdk/client-s3',
  sendsRequest: true,
  service: async ({ method, path, hash }, response, pace) => {
    if (path.startsWith('/bucket/stream')) {
      const lines = each((number) => `line ${number}\n`);
      await paced(response, 'text/plain', lines, pace);
    } else {
      response.writeHead(200, { etag: `"${hash}"`, 'content-type': 'text/plain' });
      response.end(method === 'GET' ? 'Grüße' : '');
    }
  },
  read: async (fetch, origin, abortSignal) => {
    const got = await open(fetch, origin).send(new GetObjectCommand(at('pets')), { abortSignal });
    return got.Body?.transformToString();
  },
  write: async (fetch, origin, abortSignal) => {
    const put = new PutObjectCommand({ ...at('pets'), Body: 'Grüße '.repeat(10_000) });
    return (await open(fetch, origin).send(put, { abortSignal })).ETag;
  },
  async *stream(fetch, origin, abortSignal) {
    const get = new GetObjectCommand(at('stream'));
    const { Body } = await open(fetch, origin).send(get, { abortSignal });
    yield* Body?.transformToWebStream().pipeThrough(new TextDecoderStream()) ?? [];
  },
});

test('puts an object after a 503 by its own retries, which build the Request anew: 2 requests, 1 hash', async () => {
  const put = new PutObjectCommand({ ...at('pets'), Body: 'Grüße '.repeat(10_000) });
  const service: Service = ({ hash }, response) => response.setHeader('etag', hash).end();
  await using server = await failingServer([status(503)], service, new Pace());
  const { ETag } = await open(resilientFetch, server.origin, 3).send(put);
  const { requests } = server;
  expect(requests.map(({ hash }) => hash)).toEqual([ETag, ETag]);
});

test('gets an object of 1 MB whole whose body broke off 2 times, with `retry: { resume: true }`', async () => {
  const body = randomBytes(1_000_000);
  const cuts = [300_000, 400_000, 'whole'] as const;
  await using server = await cuttingServer({ body }, cuts);
  const { Body } = await open(createClient({ retry: { resume: true } }), server.origin).send(
    new GetObjectCommand(at('film')),
  );
  const got = Buffer.from((await Body?.transformToByteArray()) ?? []);
  expect(got.equals(body)).toBe(true);
  expect(server.requests).toHaveLength(3);
});
