import { createTRPCClient, httpBatchStreamLink, httpLink } from '@trpc/client';
import { initTRPC } from '@trpc/server';
import { fetchRequestHandler } from '@trpc/server/adapters/fetch';
import { dropIn } from './support/drop-in.ts';
import type { Service } from './support/failing-server.ts';
import { items } from './support/items.ts';
import type { Pace } from './support/pace.ts';
import { asRequest, sendResponse } from './support/web.ts';

const t = initTRPC.context<{ pace: Pace }>().create();
const router = t.router({
  pet: t.procedure.query(() => ({ name: 'Grüße' })),
  add: t.procedure
    .input((given) => given as { name: string })
    .mutation(({ input }) => ({ length: input.name.length })),
  lines: t.procedure.query(async function* ({ ctx: { pace } }) {
    for (let line = 1; line <= items; line++) {
      yield `line ${line}`;
      await pace.heard(line);
    }
  }),
});

const service: Service = async (arrived, response, pace) => {
  const answer = await fetchRequestHandler({
    endpoint: '',
    req: asRequest(arrived),
    router,
    createContext: () => ({ pace }),
  });
  await sendResponse(response, answer);
};

for (const link of [httpLink, httpBatchStreamLink]) {
  const open = (fetch: typeof globalThis.fetch, url: string) =>
    createTRPCClient<typeof router>({ links: [link({ url, fetch })] });

  dropIn({
    sdk: '@trpc/client',
    part: link.name,
    service,
    read: (fetch, origin, signal) => open(fetch, origin).pet.query(undefined, { signal }),
    write: (fetch, origin, signal) => {
      const pet = { name: 'Grüße '.repeat(10_000) };
      return open(fetch, origin).add.mutate(pet, { signal });
    },
    ...(link === httpBatchStreamLink && {
      async *stream(fetch: typeof globalThis.fetch, origin: string, signal: AbortSignal) {
        yield* await open(fetch, origin).lines.query(undefined, { signal });
      },
    }),
  });
}
