import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { JournalError } from './journal.ts';

/** Who writes a journal. A number of a process is used again, so the moment at which it began belongs to it. */
interface Holder {
  readonly id: number;
  readonly began: string;
  readonly host: string;
}

/**
 * One writer at a time. Each that wants to be it puts down a file of its own, whose name says who it is, and then looks for
 * others: of any two, the later one sees the earlier. So two may refuse each other, and never do both write. What a crash
 * left is taken away; nobody else ever has that name, so that can't hit a living one.
 *
 * @returns what gives the lock back.
 * @throws JournalError if somebody else holds it.
 */
export async function lockFile(path: string): Promise<() => Promise<void>> {
  const folder = dirname(path);
  const before = `${basename(path)}.lock-`;
  const host = encodeURIComponent(hostname());
  const own = `${process.pid}-${beginningOf(process.pid)}-${host}-${randomBytes(8).toString('hex')}`;
  const mine = join(folder, before + own);
  await writeFile(mine, '', { flag: 'wx', mode: 0o600 });
  const unlock = () => rm(mine, { force: true });
  try {
    for (const name of await readdir(folder)) {
      const holder = name.startsWith(before) ? holderIn(name.slice(before.length)) : undefined;
      if (!holder || name === before + own) continue;
      const lock = join(folder, name);
      if (isAlive(holder)) throw inUse(path, lock, holder);
      await rm(lock, { force: true });
    }
    return unlock;
  } catch (error) {
    await unlock();
    throw error;
  }
}

function holderIn(name: string): Holder | undefined {
  const [, id, began = '', host = ''] = /^(\d+)-(\d*)-(.+)-[0-9a-f]+$/.exec(name) ?? [];
  return id === undefined ? undefined : { id: Number(id), began, host: decodeURIComponent(host) };
}

/** Of another host nothing can be known: its writer counts as alive. */
function isAlive({ id, began, host }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(id, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return began === beginningOf(id);
}

/** When a process began, as Linux tells it (proc(5): field 22 of `stat`); nothing elsewhere. */
function beginningOf(id: number): string {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function inUse(path: string, lock: string, { id, host }: Holder): JournalError {
  return new JournalError(
    `${path}: process ${id} on ${host} writes this journal. Close it there; if that process is gone, delete ${lock}`,
  );
}
