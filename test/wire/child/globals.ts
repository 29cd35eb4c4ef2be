import { createRequire, registerHooks } from 'node:module';

const [, , origin = '', before = ''] = process.argv;
const globals = globalThis as unknown as Record<symbol, unknown>;
const [first, second] = [1, 2].map((version) => Symbol.for(`undici.globalDispatcher.${version}`));
const slots = () => [first, second].map((slot) => slot && globals[slot]);
const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});

/** Whether a package was loaded, as a module of either kind. */
function has(name: string): boolean {
  const paths = [...loaded, ...Object.keys(createRequire(import.meta.url).cache)];
  return paths.some((path) => path.includes(`/node_modules/${name}/`));
}

const statusOf = async (fetching: typeof fetch) => {
  const response = await fetching(origin, { method: 'POST', body: 'order 1' });
  await response.text();
  return response.status;
};

if (before === 'fetch') await statusOf(fetch);
const start = { fetch: globalThis.fetch, slots: slots() };
const { createClient } = await import('../../../src/index.ts');
const imported = {
  sameFetch: globalThis.fetch === start.fetch,
  sameSlots: slots().map((slot, index) => slot === start.slots[index]),
  undici: has('undici'),
  opentelemetry: has('@opentelemetry/api'),
  opossum: has('opossum'),
};

const client = createClient({ pool: { connections: 1 } });
const pooled = await statusOf(client);
const { Agent, Dispatcher1Wrapper } = createRequire(import.meta.url)('undici');
const used = {
  pooled,
  sameFetch: globalThis.fetch === start.fetch,
  sameSlots: slots().map((slot, index) => !start.slots[index] || slot === start.slots[index]),
  undici: has('undici'),
  opentelemetry: has('@opentelemetry/api'),
  plain: await statusOf(fetch),
  taken: [Agent, Dispatcher1Wrapper].some((kind) => slots()[0] instanceof kind),
};
console.log(JSON.stringify({ wereSet: start.slots.map(Boolean), imported, used }));
