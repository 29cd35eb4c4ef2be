import { createClient, resilientFetch } from 'resilient-fetch';
import { compareCpu } from './cpu.ts';

// What the drop-in costs over the fetch it wraps.
const { signal } = new AbortController();

await compareCpu(import.meta.filename, {
  fetch: () => (url) => fetch(url),
  resilientFetch: () => (url) => resilientFetch(url),
  'resilientFetch, everything off': () => {
    const bare = createClient({ timeout: false, retry: false, circuitBreaker: false });
    return (url) => bare(url);
  },
  'resilientFetch, options of one call': () => (url) =>
    resilientFetch(url, { resilience: { timeout: 2_000, retry: 5 } }),
  'fetch, own AbortSignal.timeout': () => (url) =>
    fetch(url, { signal: AbortSignal.timeout(10_000) }),
  'resilientFetch, shared signal': () => (url) => resilientFetch(url, { signal }),
});
