import { createOpenAI } from '@ai-sdk/openai';
import Anthropic from '@anthropic-ai/sdk';
import { HttpLink } from '@apollo/client/link/http';
import { S3Client } from '@aws-sdk/client-s3';
import { createClient as createClickHouse } from '@clickhouse/client-web';
import { createConnectTransport } from '@connectrpc/connect-web';
import { Mistral } from '@mistralai/mistralai';
import { HTTPClient } from '@mistralai/mistralai/lib/http.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Client as Notion } from '@notionhq/client';
import { Octokit } from '@octokit/rest';
import { FetchHttpHandler } from '@smithy/fetch-http-handler';
import { createClient as createSupabase } from '@supabase/supabase-js';
import { createTRPCClient, httpBatchLink, httpBatchStreamLink, httpLink } from '@trpc/client';
import type { AnyTRPCRouter } from '@trpc/server';
import { Client as Urql } from '@urql/core';
import { EventSource } from 'eventsource';
import { GraphQLClient } from 'graphql-request';
import { hc } from 'hono/client';
import ky from 'ky';
import { createFetch } from 'ofetch';
import { Ollama } from 'ollama/browser';
import OpenAI from 'openai';
import createOpenApi from 'openapi-fetch';
import { type Client, createClient, resilientFetch } from 'resilient-fetch';
import Stripe from 'stripe';

/**
 * Hands a fetch of ours to every SDK, as its user would, without a cast. It is there to be compiled: with the types of
 * Node alone and with those of a browser, and as strictly as a compiler can be.
 */
function accepted(fetch: Client, url: string): unknown[] {
  const secret = { apiKey: 'key', fetch };
  return [
    createOpenAI(secret),
    new Anthropic(secret),
    new HttpLink({ uri: url, fetch }),
    new S3Client({ requestHandler: new FetchHttpHandler({ customFetch: fetch }) }),
    createClickHouse({ url, fetch }),
    createConnectTransport({ baseUrl: url, fetch }),
    new Mistral({ httpClient: new HTTPClient({ fetcher: fetch }) }),
    new StreamableHTTPClientTransport(new URL(url), { fetch }),
    new Notion({ fetch }),
    new Octokit({ request: { fetch } }),
    createSupabase(url, 'key', { global: { fetch } }),
    createTRPCClient<AnyTRPCRouter>({ links: [httpLink({ url, fetch })] }),
    createTRPCClient<AnyTRPCRouter>({ links: [httpBatchLink({ url, fetch })] }),
    createTRPCClient<AnyTRPCRouter>({ links: [httpBatchStreamLink({ url, fetch })] }),
    new Urql({ url, fetch, exchanges: [] }),
    new EventSource(url, { fetch }),
    new GraphQLClient(url, { fetch }),
    hc(url, { fetch }),
    ky.create({ fetch }),
    createFetch({ fetch }),
    new Ollama({ fetch }),
    new OpenAI(secret),
    createOpenApi({ baseUrl: url, fetch }),
    new Stripe('key', { httpClient: Stripe.createFetchHttpClient(fetch) }),
  ];
}

export const all = [resilientFetch, createClient({ name: 'one' })].map((fetch) =>
  accepted(fetch, 'https://api.example.com'),
);
