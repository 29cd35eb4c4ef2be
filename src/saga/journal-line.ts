import { crc32 } from 'node:zlib';
import { type JournalEntry, JournalError } from './journal.ts';

/** What a file of lines holds, and how many of its bytes are good. */
export interface JournalContent {
  readonly entries: JournalEntry[];
  /** Less than the file's length where a crash tore the last line. */
  readonly length: number;
}

const newline = 0x0a;

/** What a crash leaves of a first line: its beginning, or the zeros that a file system gives for what was never written. */
const torn = /^(\0|[0-9a-f]{0,8}\n?$|[0-9a-f]{8} (\[|$))/;

/**
 * Entries that are written together, as one line: the checksum of its JSON in eight digits, a space, the JSON. One line,
 * so that a crash tears all of them or none.
 */
export function lineOf(entries: readonly JournalEntry[]): string {
  const json = JSON.stringify(entries);
  return `${checksum(json)} ${json}\n`;
}

/**
 * Reads lines. The last one may be torn, since the crash that tore it came before anybody was told that it is written; a
 * bad one before it means that the file was damaged, and nothing of it can be trusted. A file that is somebody else's is
 * not to be cut off by whoever mistook its name.
 */
export function readLines(bytes: Buffer, path: string): JournalContent {
  const entries: JournalEntry[] = [];
  let length = 0;
  for (let number = 1; length < bytes.length; number++) {
    const end = bytes.indexOf(newline, length);
    const line = end < 0 ? undefined : entriesIn(bytes.toString('utf8', length, end));
    if (!line) {
      if (length === 0 && !torn.test(bytes.toString('latin1'))) {
        throw new JournalError(`${path}: this is no journal; it is left as it is`);
      }
      if (end < 0 || end === bytes.length - 1) break;
      throw new JournalError(
        `${path}: line ${number} is damaged, and it is not the last; restore the file`,
      );
    }
    entries.push(...line);
    length = end + 1;
  }
  return { entries, length };
}

function entriesIn(line: string): JournalEntry[] | undefined {
  const json = line.slice(9);
  return line.slice(0, 9) === `${checksum(json)} ` ? JSON.parse(json) : undefined;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
