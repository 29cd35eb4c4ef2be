import { type ClientOptions, createClient } from 'resilient-fetch';

/**
 * What the policies themselves cost: a call against a fetch that answers at once, so that nothing else is measured. The
 * variants take turns in one process, and a figure is the median of the rounds.
 */
const rounds = Number(process.env.ROUNDS ?? 11);
const calls = 40_000;
const inFlight = 16;
const url = 'http://127.0.0.1:1/orders/1';

const answer = async () => new Response(null, { status: 204 });
const everything: ClientOptions = {
  retry: { retryAfter: { scope: 'origin' } },
  circuitBreaker: { slowCallDuration: 5_000 },
  hedge: true,
  concurrency: 'adaptive',
  throttle: true,
  fallback: () => undefined,
};
const variants: Record<string, ReturnType<typeof createClient>> = {
  'everything off': client({ timeout: false, retry: false, circuitBreaker: false }),
  'as it comes': client({}),
  'fixed concurrency': client({ concurrency: 100 }),
  'adaptive concurrency': client({ concurrency: 'adaptive' }),
  hedge: client({ hedge: true }),
  throttle: client({ throttle: true }),
  cooldown: client({ retry: { retryAfter: { scope: 'origin' } } }),
  fallback: client({ fallback: () => undefined }),
  'everything on': client(everything),
};

function client(options: ClientOptions) {
  return createClient({ fetch: answer, ...options });
}

/** CPU of one call, in microseconds. */
async function measure(send: (url: string) => Promise<Response>): Promise<number> {
  let left = calls;
  const worker = async () => {
    while (left-- > 0) await send(url);
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, worker));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}

const costs = new Map<string, number[]>();
for (let round = -1; round < rounds; round++) {
  for (const [name, send] of Object.entries(variants)) {
    const cost = await measure(send);
    if (round >= 0) costs.set(name, [...(costs.get(name) ?? []), cost]);
  }
}
const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
const usual = median(costs.get('as it comes') ?? []);
console.log(`Node ${process.version}, ${rounds} rounds of ${calls} calls`);
for (const [name, values] of costs) {
  const cost = median(values);
  const more = cost - usual;
  const sign = more < 0 ? '−' : '+';
  console.log(
    `${name.padEnd(22)} ${cost.toFixed(2).padStart(6)} µs  ${sign}${Math.abs(more).toFixed(2)}`,
  );
}
