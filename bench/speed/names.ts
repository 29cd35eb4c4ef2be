/** What is ours among those that are measured. */
export const ours = {
  dropIn: 'resilientFetch',
  dropInBare: 'resilientFetch, all off',
  pool: 'createClient, pool',
  poolBare: 'createClient, pool, all off',
  origins: 'resilient-fetch',
} as const;

/** What everybody is divided by. */
export const references = ['undici.fetch', 'undici.request'] as const;
