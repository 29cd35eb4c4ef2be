import type { FileHandle } from 'node:fs/promises';
import { type JournalEntry, JournalError } from './journal.ts';
import { lineOf } from './journal-line.ts';

interface Waiting {
  readonly entry: JournalEntry;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Writes one line at a time. What comes during a sync goes into the next line, so many sagas share one. */
export class JournalWriter {
  readonly #path: string;
  readonly #file: FileHandle;
  /** How much of the file is written and synced. */
  #length: number;
  #waiting: Waiting[] = [];
  #writing: Promise<void> | undefined;
  #broken: Error | undefined;

  constructor(path: string, file: FileHandle, length: number) {
    this.#path = path;
    this.#file = file;
    this.#length = length;
  }

  append(entry: JournalEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entry, resolve, reject });
      this.#writing ??= this.#writeAll();
    });
  }

  async read(): Promise<Buffer> {
    await this.#writing;
    if (this.#broken) throw this.#broken;
    const bytes = Buffer.alloc(this.#length);
    await this.#file.read(bytes, 0, this.#length, 0);
    return bytes;
  }

  async close(): Promise<void> {
    while (this.#writing) await this.#writing;
    this.#broken = new JournalError(`${this.#path}: the journal is closed`);
    await this.#file.close();
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        await this.#write(lineOf(batch.map(({ entry }) => entry)));
        for (const { resolve } of batch) resolve();
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    // not in a `finally`: what was told that its entry is written may append the next one before that runs
    this.#writing = undefined;
  }

  async #write(line: string): Promise<void> {
    if (this.#broken) throw this.#broken;
    const bytes = Buffer.from(line);
    try {
      await this.#file.appendFile(bytes);
    } catch (error) {
      await this.#file.truncate(this.#length).catch(() => this.#breakBy(error));
      failed(this.#path, 'be written', error);
    }
    try {
      await this.#file.datasync();
    } catch (error) {
      this.#breakBy(error);
      failed(this.#path, 'be synced', error);
    }
    this.#length += bytes.length;
  }

  /**
   * After a sync that failed nobody knows what is on the disk, and a second one may say that all is well ("Can Applications
   * Recover from fsync Failures?", Rebello et al., USENIX ATC 2020). The file has to be read anew.
   */
  #breakBy(cause: unknown): void {
    this.#broken = new JournalError(`${this.#path}: a write failed; open the journal anew`, {
      cause,
    });
  }
}

/** Says which journal can't do what, and what the system said. */
export function failed(path: string, what: string, cause: unknown): never {
  if (cause instanceof JournalError) throw cause;
  const said = cause instanceof Error ? cause.message : String(cause);
  throw new JournalError(`${path}: the journal can't ${what}: ${said}`, { cause });
}
