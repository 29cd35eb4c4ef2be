import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const modules = join(root, 'node_modules');

/** Below node_modules, so that a consumer's compiler finds what the declarations name. */
let folder = '';

/** Runs the compiler; what it says, or nothing if it is content. */
function compile(...given: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [join(modules, '.bin', 'tsc'), ...given],
      { cwd: root },
      (error, out) => {
        if (error && typeof error.code !== 'number') reject(error);
        else resolve(out.replaceAll(folder, '').trim());
      },
    );
  });
}

/** Compiles a project that has what we would publish; nothing is skipped, libraries included. */
async function consume(name: string, options: object, ...sources: string[]) {
  const project = join(folder, name);
  await mkdir(project);
  const files = sources.map((_, index) => `file-${index}.ts`);
  await Promise.all(
    sources.map((source, index) => writeFile(join(project, files[index] ?? ''), source)),
  );
  const compilerOptions = {
    ...{ target: 'es2024', module: 'nodenext', strict: true, noEmit: true, skipLibCheck: false },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    paths: {
      'resilient-fetch': ['../published/index.d.ts'],
      'resilient-fetch/dashboard': ['../published/dashboard.d.ts'],
      'resilient-fetch/saga': ['../published/saga.d.ts'],
      'resilient-fetch/server': ['../published/server.d.ts'],
      'resilient-fetch/testing': ['../published/testing.d.ts'],
      'resilient-fetch/undici': ['../published/undici.d.ts'],
    },
    ...options,
  };
  const config = join(project, 'tsconfig.json');
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
  await writeFile(config, JSON.stringify({ compilerOptions, files }));
  return compile('-p', config);
}

beforeAll(async () => {
  await mkdir(join(modules, '.cache'), { recursive: true });
  folder = await mkdtemp(join(modules, '.cache', 'resilient-fetch-types-'));
  const published = join(folder, 'published');
  const build = ['-p', 'tsconfig.build.json', '--outDir', published, '--emitDeclarationOnly'];
  expect(await compile(...build)).toBe('');
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A drop-in: everywhere where a fetch is wanted. */
const asFetch = `
import { type Client, createClient, resilientFetch } from 'resilient-fetch';

const plain: typeof fetch = resilientFetch;
const named: typeof globalThis.fetch = createClient({ name: 'one' });
function library(options: { fetch?: typeof fetch; other?: typeof globalThis.fetch }): void {
  void options;
}
library({ fetch: resilientFetch, other: createClient().extend({ retry: 1 }) });

interface Sdk {
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
}
const sdk: Sdk = { fetch: resilientFetch };
interface Lenient {
  fetch: (
    input: string,
    init?: { body?: string | undefined; signal?: AbortSignal | undefined },
  ) => Promise<Response>;
}
export const lenient: Lenient = { fetch: resilientFetch };
const back: Client = createClient({ fetch: globalThis.fetch });
const wrapped: Client = createClient({ fetch: (input, init) => fetch(input, init) });
globalThis.fetch = resilientFetch;

export async function use(): Promise<Response[]> {
  return [
    await resilientFetch('https://a.test'),
    await resilientFetch(new URL('https://a.test'), { method: 'POST', body: 'text' }),
    await resilientFetch(new Request('https://a.test'), { signal: AbortSignal.timeout(1) }),
    await named('https://a.test', { headers: { a: '1' } }),
    await plain('https://a.test'),
    await sdk.fetch('https://a.test'),
    await back('https://a.test', { resilience: { timeout: 2_000, retry: 5 } }),
    await wrapped('https://a.test', { body: new FormData(), resilience: {} }),
    await back('https://a.test', { signal: undefined, headers: undefined, resilience: undefined }),
  ];
}
`;

/** Everything else that the package gives, used as it is meant. */
const asClient = `
import {
  type CallLog, type CallOptions, CircuitOpenError, type Client, type ClientOptions,
  createClient, explain, type Health, OptionsError, ResilienceError, TimeoutError,
} from 'resilient-fetch';
import type {
  AttemptInfo, AttemptLog, BackoffFunction, BackoffOptions, ChannelMessage, CircuitBreakerOptions,
  CircuitHandle, CircuitState, ConcurrencyHealth, ConcurrencyOptions, Crowd, DelaySource,
  EndpointOptions, EventBase, EventName, Events, FailureInfo, FallbackFunction, HedgeHealth,
  HedgeOptions, HedgeRefusal, HostOptions, Listener, OriginHealth, Outcome, PoolOptions, Refusal,
  ResilientInit, RetryAfterOptions, RetryBudgetOptions, RetryOptions, StopReason, ThrottleOptions,
  TimeoutKind, TimeoutOptions,
} from 'resilient-fetch';

const options: ClientOptions = {
  name: 'github',
  baseUrl: 'https://api.github.com/',
  headers: { accept: 'application/vnd.github+json' },
  timeout: { total: 10_000, attempt: 3_000, body: false },
  retry: {
    maxRetries: 4,
    methods: ['GET', 'POST'],
    statuses: [503],
    backoff: { type: 'linear', jitter: 'none' },
    retryAfter: { max: 60_000, parse: (response) => Number(response.headers.get('x-wait')) },
    when: ({ response, error }, { attempt, method, origin }) =>
      response ? response.status === 404 && attempt < 2 : error === method + origin,
  },
  circuitBreaker: { failureRatio: 0.5, slowCallDuration: 1_000, probes: 2, enforce: false },
  idempotencyKey: () => 'key',
  hosts: {
    'uploads.github.com': { retry: { methods: ['GET', 'POST'] }, timeout: { attempt: 30_000 } },
    '*.githubusercontent.com': { circuitBreaker: false, retry: false, timeout: false },
  },
  pool: { connections: 1, proxy: true, dns: { maxTTL: 1 }, agent: { maxOrigins: 1 } },
};
export type Named = [
  AttemptInfo, AttemptLog, BackoffFunction, BackoffOptions, ChannelMessage, CircuitBreakerOptions,
  CircuitHandle, CircuitState, ConcurrencyHealth, ConcurrencyOptions, Crowd, DelaySource,
  EndpointOptions, EventBase, EventName, Events, FailureInfo, FallbackFunction, HedgeHealth,
  HedgeOptions, HedgeRefusal, HostOptions, Listener<'hedge.refused'>, OriginHealth, Outcome,
  PoolOptions, Refusal, ResilientInit, RetryAfterOptions, RetryBudgetOptions, RetryOptions,
  StopReason, ThrottleOptions, TimeoutKind, TimeoutOptions,
];
const fallback: FallbackFunction = async ({ response }, { attempts }: FailureInfo) =>
  response && attempts > 1 ? new Response(null) : undefined;
const loaded: ClientOptions = {
  preset: 'critical', fallback, hedge: { percentile: 0.9, maxExtraLoad: 0.1 }, throttle: 2,
  baseUrl: ['https://a.test', { url: 'https://b.test', weight: 2 }], endpoints: 'weighted',
  concurrency: { adaptive: true, initial: 5, hold: 'body' }, retryBudget: { capacity: 20 },
};
const silent: ClientOptions = { timeout: undefined, retry: undefined, hosts: undefined };
const read: ClientOptions = JSON.parse('{}') as ClientOptions;
const call: CallOptions = {
  idempotencyKey: 'one call', retry: { backoff: ({ attempt, outcome }) => attempt * (outcome.response?.status ?? 1) },
};

export async function use(): Promise<unknown> {
  const client: Client = createClient(options);
  const off: () => void = client.on('retry.scheduled', ({ delay, source, attempt }) => {
    const sum: number = delay + attempt;
    const from: 'backoff' | 'retry-after' | 'failover' = source;
    return void [sum, from];
  });
  client.on('circuit.opened', ({ origin, openFor, reason }) => void [origin, openFor, reason]);
  client.on('call.ended', ({ log }) => void log.attempts);
  off();
  const health: Health = client.health();
  const state: 'closed' | 'open' | 'half-open' | 'isolated' | undefined =
    health.origins['a']?.circuit;
  client.circuit('https://a.test').open();
  client.circuit('https://a.test').isolate();
  const wait: number | null | undefined = health.origins['a']?.retryAfter;
  try {
    await client('users/octocat', { resilience: call });
  } catch (error) {
    if (error instanceof CircuitOpenError) return error.retryAfter.toFixed();
    if (error instanceof TimeoutError) return [error.timeout, error.milliseconds];
    if (error instanceof ResilienceError) return [error.code, error.origin, error.attempts];
    if (error instanceof OptionsError) return error.code;
    const log: CallLog | undefined = explain(error);
    return log?.attempts.map(({ outcome, duration }) => [outcome, duration]);
  } finally {
    await client.close();
  }
  return [silent, loaded, read, state, wait, client.extend({ timeout: 5 }).extend({ retry: 1 })];
}
`;

/** Functions of all kinds, and what decorates a method. */
const asFunctions = `
import {
  type Attempt, currentAttempt, type ErrorClass, type ErrorMatcher, type Retry, type RetryableMethod,
  retry, retryable, type RetryCall, type RetryPolicy,
} from 'resilient-fetch';

export type Named = [ErrorClass, ErrorMatcher, Retry, RetryableMethod];
abstract class Declined extends Error {}
const policy: RetryPolicy = {
  name: 'bank',
  timeout: { total: 10_000, attempt: false },
  retry: { maxRetries: 5, backoff: ({ attempt, outcome }) => (outcome.error ? attempt : 0) },
  circuitBreaker: { openFor: 1_000 },
  retryBudget: { capacity: 5 },
  recoverable: [TypeError, (error) => error === 5],
  permanent: [Declined, 'EEXIST', 6],
  terminal: [],
};
class Bank {
  readonly #vault = 1;
  @retryable(policy)
  async pay<T extends number>(amount: T, _to?: string): Promise<T> {
    return (amount + this.#vault) as T;
  }
  @retryable()
  static async open(): Promise<Bank> {
    return new Bank();
  }
}
const once: RetryCall = { signal: new AbortController().signal, idempotencyKey: 'one' };
const count = retryable((text: string) => text.length, { retry: false });
export async function use(): Promise<unknown> {
  const number: number = await retry(() => 1);
  const text: string = await retry(async ({ signal, attempt, deadline, idempotencyKey }: Attempt) => {
    return signal.aborted ? idempotencyKey : String(attempt + deadline);
  }, policy, once);
  const one: 1 = await new Bank().pay(1 as const, 'a');
  const off: () => void = retry.on('retry.scheduled', ({ path, delay }) => path + delay);
  const circuit: string = retry.health().bank?.circuit ?? retry.circuit('bank').state;
  const length: number = await count('text');
  return [number, text, one, off, circuit, length, currentAttempt()?.attempt, retry.describe(policy)];
}
// @ts-expect-error
retry(async () => 1, { retries: 5 });
// @ts-expect-error
retry(async () => 1, { permanent: TypeError });
// @ts-expect-error
retry(async () => 1, { signal: once.signal });
// @ts-expect-error
count(5);
export class Wrong {
  // @ts-expect-error
  @retryable(policy)
  soon(): number {
    return 1;
  }
}
`;

/** The live page, in both styles of handler. */
const asDashboard = `
import { createServer } from 'node:http';
import { createClient, type Client } from 'resilient-fetch';
import {
  createDashboard, type Dashboard, type DashboardControls, type DashboardOptions, type Decision,
  type NodeHandler, type OriginPicture, type Picture, type Series,
} from 'resilient-fetch/dashboard';

export type Named = [Decision, NodeHandler, OriginPicture, Picture, Series];
const client: Client = createClient();
const controls: DashboardControls = { authorise: async ({ headers }) => headers.has('cookie') };
const options: DashboardOptions = { clients: [client], window: 60_000, path: '/ops', controls };
const dashboard: Dashboard = createDashboard(options);
const server = createServer(dashboard.node);
server.on('request', dashboard.node);
const answer: Promise<Response> = dashboard.fetch(new Request('https://a.test/ops/'));
const end: () => void = createDashboard().watch(client.extend({ name: 'child' }));
export async function use(): Promise<number> {
  using one = createDashboard({ controls: { authorise: () => true } });
  end();
  dashboard.close();
  return (await answer).status + Object.keys(one).length;
}
// @ts-expect-error
createDashboard({ clients: client });
// @ts-expect-error
createDashboard({ controls: true });
// @ts-expect-error
createDashboard({ clients: [fetch] });
`;

/** What tests are made of, with no test runner and no msw in sight. */
const asTesting = `
import { createClient, type Client } from 'resilient-fetch';
import {
  type Answer, type AnswerContent, type AnswerDetails, type AskedRequest, type Clock,
  type EndFollowing, type Expectations, type Fault, type FaultKind, type FaultOptions,
  type FaultServer, type FaultServerOptions, type FaultyFetch, flaky, type Flaky, followDate,
  type Injection, type MockedAnswer, networkError, record, type RecordedAttempt, type Recorder,
  type ReceivedRequest, seeded, settle, type SettleOptions, startFaultServer, withFaults,
} from 'resilient-fetch/testing';

export type Named = [AnswerContent, AskedRequest, FaultKind, Injection, RecordedAttempt];
const faults: FaultOptions = { rate: 0.2, kinds: { reset: 3, status: 1 }, latency: [5, 50] };
const faulty: FaultyFetch = withFaults(fetch, { ...faults, only: ({ url }) => url.port === '' });
const plain: typeof fetch = faulty;
const client: Client = createClient({ fetch: faulty });
const details: AnswerDetails = { status: 429, retryAfter: 1, truncateAfter: 5 };
const line: Answer = async ({ body, path }: ReceivedRequest) => (path === '/' ? 'reset' : body.length);
const options: FaultServerOptions = { script: [503, 'stall', details, line], faults };
const mocked: MockedAnswer[] = [503, 'network-error', { json: [1] }, () => new Response()];
const prices: Flaky = flaky(mocked);
const expected: Expectations = { attempts: 3, outcomes: [503, '200'], delays: [1, [5, 6]] };
const clocks: Clock[] = [(length) => length, { tick() {} }, { async tickAsync() {} }];
const settling: SettleOptions = { limit: 5 };
export async function use(): Promise<unknown> {
  await using server: FaultServer = await startFaultServer(options);
  using recorder: Recorder = record(client);
  using end: EndFollowing = followDate();
  server.play(200, 'close');
  recorder.expect(expected);
  const hit: Fault | undefined = faulty.injected[0]?.fault;
  const status: number | false = hit?.kind === 'status' && hit.status;
  const answer: Response = await settle(plain(server.origin), clocks[0] ?? { tick() {} }, settling);
  end();
  return [status, answer, await prices(new Request('a:')), networkError('EPIPE'), seeded(1)()];
}
// @ts-expect-error
withFaults(fetch, {});
// @ts-expect-error
withFaults(fetch, { rate: 1, kinds: { resets: 1 } });
// @ts-expect-error
startFaultServer({ script: ['network-error'] });
// @ts-expect-error
flaky(['reset']);
// @ts-expect-error
record(client).expect({ attempt: 3 });
// @ts-expect-error
settle(plain(''), {});
`;

/** A service: contexts, and handlers of both styles. */
const asServer = `
import { createServer } from 'node:http';
import {
  type CallContext, type ContextOptions, createClient, currentContext, type PropagationOptions,
  withContext, withDeadline, withoutContext,
} from 'resilient-fetch';
import {
  CallerGoneError, type FailureKind, type FetchHandler, fetchHandler, type HandlerFailure,
  type NodeHandler, nodeHandler, type ServerOptions, type Verdict, verdictOf,
} from 'resilient-fetch/server';

export type Named = [FailureKind];
const form = { header: 'x-left', format: 'grpc' } as const;
const propagation: PropagationOptions = { deadline: form, attempt: 'x-try', doNotRetry: false, margin: 5 };
export const client = createClient({ propagation, hosts: { 'a.test': { propagation: false } } });
const told: HandlerFailure[] = [];
const options: ServerOptions = {
  deadline: () => 2_000,
  propagation: { deadline: 'envoy', attempt: 'x-envoy-attempt-count' },
  signal: new AbortController().signal,
  answer: (error) => (error instanceof CallerGoneError ? new Response(error.code) : undefined),
  onFailure: (failure) => told.push(failure),
};
const node: NodeHandler = async ({ url }, response) => response.end(url);
createServer(nodeHandler(node, options)).listen(0);
const routed: FetchHandler<[{ id: number }]> = (_, { id }) => Response.json(id);
const handle: (request: Request, route: { id: number }) => Promise<Response> = fetchHandler(routed);
const context: ContextOptions = { deadline: 5, attempt: 2, doNotRetry: true, signal: options.signal };
export async function use(): Promise<unknown> {
  const here: CallContext | undefined = currentContext();
  const left: number = await withDeadline(500, async ({ timeLeft }) => timeLeft);
  const text: string = withContext(context, ({ attempt, signal }) => signal.aborted + String(attempt));
  const answer: Response = await handle(new Request('a:'), { id: 5 });
  const { status, retryAfter }: Verdict = verdictOf(here, 'POST');
  return [left, text, answer, status, retryAfter, withoutContext(() => 1), told];
}
// @ts-expect-error
nodeHandler(node, { deadlines: 5 });
// @ts-expect-error
fetchHandler(() => 'text');
// @ts-expect-error
handle(new Request('a:'));
// @ts-expect-error
withDeadline(() => 1);
// @ts-expect-error
withContext({ deadline: '5' }, () => 1);
// @ts-expect-error
createClient({ propagation: { deadline: 'seconds' } });
`;

/** Sequences that undo themselves. */
const asSaga = `
import {
  type Action, type Fault, type FileJournal, fileJournal, type Journal, type JournalEntry,
  JournalError, memoryJournal, type Resumed, resume, type ResumeOptions, saga, type SagaBody,
  type SagaContext, type SagaEnding, SagaError, type SagaOptions, type Sagas, settle, type Step,
  type StepContext, type StepOptions, type StepReport, type StepState,
} from 'resilient-fetch/saga';

export type Named = [Fault, JournalEntry, SagaContext<string>, SagaEnding, StepState];
interface Charge { readonly id: string }
const pay: Action<Charge> = async ({ idempotencyKey }: StepContext) => ({ id: idempotencyKey });
const undoable: StepOptions<Charge> = {
  undo: ({ id }, { idempotencyKey, signal, attempt }) => [id, idempotencyKey, signal, attempt],
  policy: { retry: 5, permanent: ['declined'] },
  undoPolicy: { timeout: 1_000 },
  idempotent: false,
  uncertain: (error) => (error instanceof TypeError ? true : undefined),
};
const order: SagaBody<string, { sum: number }> = async (step: Step, { id, input }) => {
  const charge: Charge = await step('charge', pay, undoable);
  const sum: number = await step('sum', () => input.sum);
  return charge.id + sum + id;
};
const sagas: Sagas = { order };
const options: ResumeOptions = { stuck: 'retry' };
const memory: Journal = memoryJournal();
export async function use(): Promise<unknown> {
  await using journal: FileJournal = await fileJournal('orders.journal');
  const found: Resumed[] = await resume(journal, sagas, options);
  const given: SagaOptions<{ sum: number }> = { journal: memory, id: '1', input: { sum: 5 } };
  try {
    const id: string = await saga('order', order, given);
    return [id, found];
  } catch (error) {
    if (error instanceof JournalError) return error.message;
    if (!(error instanceof SagaError)) throw error;
    const left: readonly StepReport[] = error.left;
    await settle(journal, error.id);
    return [left, error.state, error.saga, error.input];
  }
}
// @ts-expect-error
saga(order);
// @ts-expect-error
saga('order', order, { input: { sum: '5' } });
// @ts-expect-error
resume(memory, order);
// @ts-expect-error
resume(memory, sagas, { stuck: 'again' });
// @ts-expect-error
export const wrong: SagaBody<string, undefined> = (step) => step('sum', () => 5);
export const undone: SagaBody<Charge, undefined> = (step) => {
  // @ts-expect-error
  return step('charge', pay, { undo: ({ sum }) => sum });
};
`;

/** The interceptor, where undici takes one. */
const asInterceptor = `
import { createClient } from 'resilient-fetch';
import { resilience, type ResilienceInterceptor, type ResilienceOptions } from 'resilient-fetch/undici';
import { Agent, type Dispatcher, MockAgent, Pool, interceptors, request, setGlobalDispatcher } from 'undici';

const client = createClient();
const options: ResilienceOptions = { timeout: 1_000, hosts: { 'a.test': { retry: 1 } } };
const interceptor: ResilienceInterceptor = resilience(options);
export const composed: Dispatcher[] = [
  new Agent().compose(interceptor),
  new Agent().compose(resilience(), interceptors.redirect({ maxRedirections: 1 })),
  new Pool('https://a.test').compose([resilience(client)]),
  new MockAgent().compose(resilience({ client, retry: false })),
];
const asDeclared: Dispatcher.DispatcherComposeInterceptor = interceptor;
setGlobalDispatcher(new Agent().compose(asDeclared));
await request('https://a.test', { dispatcher: new Agent().compose(interceptor) });
// @ts-expect-error
resilience({ fetch });
// @ts-expect-error
resilience({ baseUrl: 'https://a.test' });
// @ts-expect-error
resilience({ rety: 1 });
// @ts-expect-error
resilience({ client: fetch });
`;

/** Wrong in one way a line; the compiler must find each. */
const mistakes: readonly string[] = [
  'createClient({ timeout: "2000" });',
  'createClient({ timeout: true });',
  'createClient({ timeout: null });',
  'createClient({ timeout: { totl: 1 } });',
  'createClient({ timeout: { total: "1" } });',
  'createClient({ timout: 1 });',
  'createClient({ hedge: { dealy: 5 } });',
  'createClient({ baseUrl: [{ url: "https://a.test", wieght: 1 }] });',
  'createClient({ fallback: () => "none" });',
  'createClient({ maxRetries: 1 });',
  'createClient({ retry: true });',
  'createClient({ retry: { maxRetry: 1 } });',
  'createClient({ retry: { methods: "GET" } });',
  'createClient({ retry: { statuses: ["503"] } });',
  'createClient({ retry: { backoff: { type: "exp" } } });',
  'createClient({ retry: { backoff: { jitter: true } } });',
  'createClient({ retry: { backoff: () => "1" } });',
  'createClient({ retry: { retryAfter: true } });',
  'createClient({ retry: { retryAfter: 5 } });',
  'createClient({ retry: { when: () => "yes" } });',
  'createClient({ circuitBreaker: 5 });',
  'createClient({ circuitBreaker: { threshold: 5 } });',
  'createClient({ circuitBreaker: { slowCallDuration: true } });',
  'createClient({ idempotencyKey: "one for all" });',
  'createClient({ headers: { a: 1 } });',
  'createClient({ headers: new Headers() });',
  'createClient({ hosts: { "a.test": { baseUrl: "https://a.test" } } });',
  'createClient({ hosts: { "a.test": { rety: 1 } } });',
  'createClient({ hosts: { "a.test": { retry: { maxRetry: 1 } } } });',
  'createClient({ pool: { connection: 1 } });',
  'createClient({ pool: 5 });',
  'createClient({ fetch: "fetch" });',
  'createClient({ random: 0.5 });',
  'createClient({ baseUrl: new URL("https://a.test") });',
  'createClient().extend({ retri: 1 });',
  'createClient().on("retry.schedule", () => {});',
  'createClient().on("retry.scheduled", ({ nothing }) => nothing);',
  'createClient().circuit(5);',
  'resilientFetch("https://a.test", { retry: 5 });',
  'resilientFetch("https://a.test", { timeout: 5 });',
  'resilientFetch("https://a.test", { resilience: { retri: 5 } });',
  'resilientFetch("https://a.test", { resilience: { retry: "5" } });',
  'resilientFetch("https://a.test", { resilience: { baseUrl: "/" } });',
  'resilientFetch("https://a.test", { resilience: { hosts: {} } });',
  'resilientFetch();',
  'explain();',
];
const head = "import { createClient, explain, resilientFetch } from 'resilient-fetch';\n";
const expected = head + mistakes.map((line) => `// @ts-expect-error\n${line}\n`).join('');

describe('a consumer’s compiler, which skips 0 libraries,', () => {
  test.each<[string, string[], string[]]>([
    ['lib.dom alone', ['es2024', 'dom'], []],
    ['@types/node alone', ['es2024'], ['node']],
    ['both', ['es2024', 'dom'], ['node']],
  ])(
    `takes a client for a fetch and finds all of ${mistakes.length} mistakes, with %s`,
    async (name, lib, types) => {
      const project = name.replace(/\W/g, '-');
      expect(await consume(project, { lib, types }, asFetch, asClient, expected)).toBe('');
    },
    60_000,
  );

  // together, as most of what the compiler does is to read the libraries
  test('takes functions of 5 kinds, handlers of 4 styles, a saga, and what tests are made of, and finds 26 mistakes', async () => {
    const given = { lib: ['es2024', 'esnext.disposable'], types: ['node'] };
    const sources = [asFunctions, asDashboard, asTesting, asServer, asSaga];
    expect(sources.join('').split('@ts-expect-error')).toHaveLength(27);
    expect(await consume('entries', given, ...sources)).toBe('');
  }, 60_000);

  test('takes an interceptor in 6 places of undici, and finds 4 mistakes', async () => {
    const given = { lib: ['es2024', 'esnext.disposable'], types: ['node'], skipLibCheck: true };
    expect(await consume('interceptor', given, asInterceptor)).toBe('');
  }, 60_000);

  test(`says where each of ${mistakes.length} mistakes is, so that finding them means something`, async () => {
    const cheap = { lib: ['es2024'], types: ['node'], skipLibCheck: true };
    const said = await consume('mistakes', cheap, head + mistakes.join('\n'));
    const lines = [...said.matchAll(/file-0\.ts[(:](\d+)/g)].map(([, line]) => Number(line) - 2);
    expect([...new Set(lines)].toSorted((one, other) => one - other)).toEqual(
      mistakes.map((_, index) => index),
    );
  }, 60_000);
});
