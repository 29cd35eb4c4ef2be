import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileJournal, type JournalEntry, JournalError } from '../../src/saga.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'resilient-fetch-journal-'));
  path = join(folder, 'sagas.journal');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (saga: string): JournalEntry => ({ type: 'saga.begun', saga, name: 'ordér' });

async function written(...sagas: string[]): Promise<void> {
  const journal = await fileJournal(path);
  for (const saga of sagas) await journal.append(entry(saga));
  await journal.close();
}

async function readBack(): Promise<string[]> {
  const journal = await fileJournal(path);
  try {
    return (await journal.read()).map(({ saga }) => saga);
  } finally {
    await journal.close();
  }
}

test('keeps 2 entries for the next process, as 2 lines with a checksum, for the owner alone', async () => {
  await written('a');
  await written('b');
  expect(await readBack()).toEqual(['a', 'b']);
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines[1]).toMatch(/^[0-9a-f]{8} \[{"type":"saga.begun","saga":"b","name":"ordér"}\]$/);
  expect(lines).toHaveLength(3);
  if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('reads 1 entry that was written since it was opened', async () => {
  await opened(async (journal) => {
    await journal.append(entry('a'));
    expect(await journal.read()).toEqual([entry('a')]);
  });
});

test('bears a last line that is torn at any of its bytes: the line is gone, and what comes next is whole', async () => {
  await written('a');
  const first = readFileSync(path);
  await written('b');
  const both = readFileSync(path);
  for (let length = first.length; length < both.length; length++) {
    writeFileSync(path, both.subarray(0, length));
    expect(await readBack()).toEqual(['a']);
    expect(statSync(path).size).toBe(first.length);
  }
  await written('c');
  expect(await readBack()).toEqual(['a', 'c']);
});

test.each([
  ['zeros, as some file systems leave them', '\0'.repeat(100)],
  ['a line of another text', 'ffffffff []\n'],
  ['nothing but an end', '\n'],
])('bears a last line of %s, 1 of 3', async (_, rest) => {
  await written('a');
  appendFileSync(path, rest);
  expect(await readBack()).toEqual(['a']);
});

test('refuses a file that is damaged before its last line, and says at which of 3', async () => {
  await written('a', 'b', 'c');
  const bytes = readFileSync(path);
  const second = bytes.indexOf('\n') + 12;
  bytes[second] = (bytes[second] ?? 0) ^ 1;
  writeFileSync(path, bytes);
  await expect(fileJournal(path)).rejects.toThrow(/line 2 is damaged/);
  expect(readFileSync(path)).toEqual(bytes);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('writes 100 entries that come at once as 2 lines, so that they share 2 syncs', async () => {
  await opened(async (journal) => {
    const sagas = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(sagas.map((saga) => journal.append(entry(saga))));
    expect((await journal.read()).map(({ saga }) => saga)).toEqual(sagas);
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2);
  });
});

describe('its 1 writer', () => {
  test('keeps a second one out until it closes', async () => {
    const journal = await fileJournal(path);
    const refused = fileJournal(path);
    await expect(refused).rejects.toThrow(JournalError);
    await expect(refused).rejects.toThrow(`process ${process.pid} on ${hostname()} writes this`);
    await journal.append(entry('a'));
    await journal.close();
    await journal.close();
    await expect(journal.append(entry('b'))).rejects.toThrow('is closed');
    await expect(journal.read()).rejects.toThrow('is closed');
    expect(await readBack()).toEqual(['a']);
  });

  const lock = (id: number, began: string, host = hostname()) =>
    `${path}.lock-${id}-${began}-${host}-0123456789abcdef`;
  const locks = () => readdirSync(folder).filter((name) => name.includes('.lock-'));
  const nobody = 2 ** 22 + 1;

  test.each([
    ['its process is gone', () => lock(nobody, '12')],
    ['its number belongs to another process now', () => lock(process.pid, '1')],
  ])('is followed by another one where %s, 1 of 2: 0 locks are left', async (_, name) => {
    writeFileSync(name(), '');
    await written('a');
    expect(locks()).toEqual([]);
  });

  test('is left alone on another host, of which 0 is known; the error says which file to delete', async () => {
    const name = lock(nobody, '12', 'else-where');
    writeFileSync(name, '');
    const refused = fileJournal(path);
    await expect(refused).rejects.toThrow('on else-where writes this journal');
    await expect(refused).rejects.toThrow(`delete ${name}`);
    expect(locks()).toHaveLength(1);
  });

  test('is 1 of 8 at the most that try at once after a crash, and then there is 1', async () => {
    writeFileSync(lock(nobody, '12'), '');
    const tries = await Promise.allSettled(Array.from({ length: 8 }, () => fileJournal(path)));
    const won = tries.filter((result) => result.status === 'fulfilled');
    expect(won.length).toBeLessThanOrEqual(1);
    for (const { value } of won) await value.close();
    await written('a');
    expect(locks()).toEqual([]);
  });
});

test('says what the system said where it can’t be opened, 1 of 1', async () => {
  const missing = fileJournal(join(folder, 'none', 'sagas.journal'));
  await expect(missing).rejects.toThrow(JournalError);
  await expect(missing).rejects.toMatchObject({ cause: { code: 'ENOENT' } });
});

async function opened(work: (journal: Awaited<ReturnType<typeof fileJournal>>) => Promise<void>) {
  const journal = await fileJournal(path);
  try {
    await work(journal);
  } finally {
    await journal.close();
  }
}
