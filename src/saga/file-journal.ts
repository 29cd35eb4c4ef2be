import { open, realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Journal } from './journal.ts';
import { readLines } from './journal-line.ts';
import { lockFile } from './journal-lock.ts';
import { failed, JournalWriter } from './journal-writer.ts';

/** A journal in a file. Closing it lets another process open it. */
export interface FileJournal extends Journal, AsyncDisposable {
  close(): Promise<void>;
}

/**
 * Opens a journal in a file that only grows: a line for each write, with a checksum, and synced to the disk before anybody
 * is told that it is written. What a crash left of a last line is cut off. It holds inputs and results, so it is readable
 * for its owner alone.
 *
 * @throws JournalError if another process has it open, if a line before the last is damaged, or if the file is no journal.
 */
export async function fileJournal(given: string): Promise<FileJournal> {
  // one lock for each of its names, wherever the process goes meanwhile
  const path = await realpath(given).catch(() => resolve(given));
  const unlock = await lockFile(path).catch((error) => failed(path, 'be locked', error));
  try {
    const file = await open(path, 'a+', 0o600);
    try {
      const { length } = readLines(await file.readFile(), path);
      await file.truncate(length);
      await file.sync();
      await syncFolder(dirname(path));
      return journalIn(path, new JournalWriter(path, file, length), unlock);
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    await unlock();
    return failed(path, 'be opened', error);
  }
}

function journalIn(path: string, writer: JournalWriter, unlock: () => Promise<void>): FileJournal {
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= writer.close().finally(unlock);
    return closing;
  };
  return {
    append: (entry) => writer.append(entry),
    async read() {
      const bytes = await writer.read().catch((error) => failed(path, 'be read', error));
      return readLines(bytes, path).entries;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A new file is there after a crash only if its folder was synced as well. Windows can't do that, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
