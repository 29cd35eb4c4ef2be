import { setTimeout as pause } from 'node:timers/promises';
import type { Server } from './server.ts';

/** How a call ended, and when: `took` from its beginning, `at` by `performance.now()`. */
export type End = { readonly took: number; readonly at: number } & (
  | { readonly state: 'answered'; readonly status: number }
  | { readonly state: 'failed'; readonly error: unknown }
  | { readonly state: 'pending' }
);

/** How a call ended, or that it has not in so many milliseconds. */
export async function settle(
  call: Promise<{ readonly status: number }>,
  limit: number,
): Promise<End> {
  const start = performance.now();
  const times = () => ({ at: performance.now(), took: performance.now() - start });
  const stop = new AbortController();
  const ended = call.then(
    ({ status }): End => ({ state: 'answered', status, ...times() }),
    (error: unknown): End => ({ state: 'failed', error, ...times() }),
  );
  const late = pause(limit, undefined, stop).then((): End => ({ state: 'pending', ...times() }));
  late.catch(() => {});
  const end = await Promise.race([ended, late]);
  stop.abort();
  return end;
}

/** Waits for a condition, but not for ever. */
export async function until(condition: () => boolean, limit: number): Promise<void> {
  const end = performance.now() + limit;
  while (!condition() && performance.now() < end) await pause(2);
}

/** From the end of the first answer to the second request. */
export function firstWait({ hits }: Server): number | undefined {
  const [first, second] = hits;
  return first?.answeredAt && second ? second.at - first.answeredAt : undefined;
}

/** The status, or what the exception is called. */
export function outcome(end: End): string {
  if (end.state === 'answered') return `${end.status}`;
  if (end.state === 'pending') return 'no end';
  const { error } = end;
  if (!(error instanceof Error)) return String(error);
  if (error.name !== 'Error') return error.name;
  return 'code' in error ? String(error.code) : error.constructor.name;
}

/** How many requests the server saw. */
export function requests({ hits }: Server): string {
  return `${hits.length}`;
}

/** `1.3 s` */
export function seconds(length: number): string {
  return `${(length / 1_000).toFixed(1)} s`;
}

/** `1,300 ms` */
export function milliseconds(length: number): string {
  return `${Math.round(length).toLocaleString('en')} ms`;
}

/** `whole, empty ×2` */
export function counted(words: readonly string[]): string {
  const runs: { word: string; length: number }[] = [];
  for (const word of words) {
    const last = runs.at(-1);
    if (last?.word === word) last.length++;
    else runs.push({ word, length: 1 });
  }
  return runs.map(({ word, length }) => (length > 1 ? `${word} ×${length}` : word)).join(', ');
}

/** Mean and standard deviation. */
export function statistics(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}
