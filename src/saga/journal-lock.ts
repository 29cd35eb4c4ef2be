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
  const own = `${process.pid}-${statusOf(process.pid).began}-${host}-${randomBytes(8).toString('hex')}`;
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
  const now = statusOf(id);
  // what is dead and has not been asked how it ended, as in a container whose first process asks nobody
  if (now.state === 'Z') return false;
  return began === '' || now.began === '' || began === now.began;
}

/** How a process is, and when it began, as Linux tells it (proc(5): fields 3 and 22 of `stat`); nothing elsewhere. */
function statusOf(id: number): { readonly state: string; readonly began: string } {
  try {
    const stat = readFileSync(`/proc/${id}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0] ?? '', began: fields[19] ?? '' };
  } catch {
    return { state: '', began: '' };
  }
}

function inUse(path: string, lock: string, { id, host }: Holder): JournalError {
  return new JournalError(
    `${path}: process ${id} on ${host} writes this journal. Close it there; if that process is gone, delete ${lock}`,
  );
}
