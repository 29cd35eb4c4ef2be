import { bodiesOf, constantWait, library, nothing } from './web.mjs';

const packages = ['resilient-fetch'];
const policies = ['retry', 'timeout', 'breaker'];

/** The drop-in and the client with connections of its own, each as it comes and with nothing on. */
export const ours = [
  {
    name: 'resilientFetch',
    packages,
    about: '`resilientFetch(url)`',
    policies,
    open: async (wait) => {
      const { createClient, resilientFetch } = await library();
      return bodiesOf(wait === undefined ? resilientFetch : createClient(constantWait(wait)));
    },
  },
  {
    name: 'resilientFetch, all off',
    packages,
    about: '`createClient` with every policy off, and telemetry',
    policies: [],
    bare: true,
    open: async () => bodiesOf((await library()).createClient(nothing)),
  },
  {
    name: 'createClient, pool',
    packages,
    about: '`createClient({ pool: true })`',
    policies,
    open: async (wait) => {
      const { createClient } = await library();
      return bodiesOf(createClient({ pool: true, ...constantWait(wait) }));
    },
  },
  {
    name: 'createClient, pool, all off',
    packages,
    about: 'the same with every policy off, and telemetry',
    policies: [],
    bare: true,
    open: async () => bodiesOf((await library()).createClient({ pool: true, ...nothing })),
  },
];
