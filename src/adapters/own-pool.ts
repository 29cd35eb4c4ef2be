import type { Pool, PoolSettings } from './pool.ts';
import type { OpenPool } from './transport.ts';

/** Connections of a client's own, which may never be needed. */
export interface OwnPool {
  readonly open: OpenPool;
  /** Waits for what is in flight, for so many milliseconds at most, then drops it. */
  close(patience: number): Promise<void>;
}

/** A pool, loaded with undici when the first attempt needs it, and not before. */
export function ownPool(settings: PoolSettings): OwnPool {
  let opening: Promise<Pool> | undefined;
  let pool: Pool | undefined;
  const load = async () => {
    const { openPool } = await import('./pool.ts');
    pool = openPool(settings);
    return pool;
  };
  return {
    open() {
      opening ??= load();
      return pool ?? opening;
    },
    close: async (patience) => (await opening)?.close(patience),
  };
}
