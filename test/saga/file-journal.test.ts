import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { fileJournal, type JournalEntry, JournalError } from '../../src/saga.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'resilient-fetch-journal-')));
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

test.each([
  ['{"port":8080}'],
  ['localhost\n'],
  ['one line\nand another\n'],
  ['0badf00d is no sum\n'],
])('leaves a file alone that is no journal, all its bytes: %j, 1 of 4', async (text) => {
  writeFileSync(path, text);
  await expect(fileJournal(path)).rejects.toThrow('this is no journal');
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('bears a 1st line that is torn at any of its bytes, or never came: 0 entries', async () => {
  await written('a');
  const whole = readFileSync(path);
  for (let length = 0; length < whole.length; length++) {
    for (const left of [whole.subarray(0, length), Buffer.alloc(length)]) {
      writeFileSync(path, left);
      expect(await readBack()).toEqual([]);
      expect(statSync(path).size).toBe(0);
    }
  }
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

  test.runIf(process.platform === 'linux')(
    'is followed by another one where it is dead and nobody has asked how it ended: 0 locks are left',
    async () => {
      // what becomes of a process whose parent has turned into one that does not know of it
      const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 & echo $!; exec sleep 60']);
      try {
        const [id] = (await once(parent.stdout, 'data')).map((said) => Number(String(said)));
        const stat = (pid = id) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
        // a shell would ask how its child ended, so the child may only end after the shell
        await vi.waitFor(() => expect(stat(parent.pid)[0]).toMatch(/\(sleep$/), 5_000);
        parent.stdin.end();
        await vi.waitFor(() => expect(stat()[1]).toMatch(/^Z/), 5_000);
        writeFileSync(lock(id ?? 0, stat()[1]?.split(' ')[19] ?? ''), '');
        await written('a');
        expect(locks()).toEqual([]);
      } finally {
        parent.kill();
        await once(parent, 'close');
      }
    },
  );

  test('is the same by 2 names of the file', async () => {
    await written('a');
    const other = join(folder, 'other.journal');
    symlinkSync(path, other);
    const journal = await fileJournal(other);
    await expect(fileJournal(path)).rejects.toThrow('writes this journal');
    await journal.close();
    expect(locks()).toEqual([]);
  });

  test('locks 1 place, wherever the process goes meanwhile', async () => {
    await written('a');
    for (const later of [false, true]) {
      const name = later ? path : join(folder, 'new.journal');
      const journal = await fileJournal(relative(process.cwd(), name));
      await expect(fileJournal(name)).rejects.toThrow(`delete ${name}.lock-`);
      await expect(fileJournal(relative(process.cwd(), name))).rejects.toThrow(
        `delete ${name}.lock-`,
      );
      await journal.close();
    }
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
