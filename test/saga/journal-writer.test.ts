import type { FileHandle } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { JournalWriter } from '../../src/saga/journal-writer.ts';
import type { JournalEntry } from '../../src/saga.ts';
import { rejection } from '../support/wire-call.ts';

const entry: JournalEntry = { type: 'saga.begun', saga: 'order-1', name: 'order' };

/** A file on a disk that fails as it is told. */
function failingFile(faults: { appendFile?: Error; truncate?: Error; datasync?: Error }) {
  const told: string[] = [];
  const act = (name: keyof typeof faults) => async (given?: unknown) => {
    told.push(typeof given === 'number' ? `${name} ${given}` : name);
    if (faults[name]) throw faults[name];
  };
  const file = {
    ...{ appendFile: act('appendFile'), truncate: act('truncate'), datasync: act('datasync') },
    close: async () => {},
  };
  return { told, faults, writer: new JournalWriter('j', file as unknown as FileHandle, 10) };
}

const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' });

test('syncs 1 time before it says that an entry is written', async () => {
  const { told, writer } = failingFile({});
  await writer.append(entry);
  expect(told).toEqual(['appendFile', 'datasync']);
});

test('a disk that is full is told, what was written of the line is cut off at byte 10, and goes on when there is room', async () => {
  const { told, faults, writer } = failingFile({ appendFile: full });
  expect(await rejection(writer.append(entry))).toMatchObject({
    name: 'JournalError',
    message: "j: the journal can't be written: ENOSPC: no space left",
    cause: full,
  });
  expect(told).toEqual(['appendFile', 'truncate 10']);
  delete faults.appendFile;
  await writer.append(entry);
  expect(told.slice(2)).toEqual(['appendFile', 'datasync']);
});

test.each([
  ['a sync', { datasync: full }],
  ['a cut', { appendFile: full, truncate: full }],
])(
  'is used no more after %s that failed, 1 of 2: the next entry touches the file 0 times',
  async (_, faults) => {
    const { told, writer } = failingFile(faults);
    expect(await rejection(writer.append(entry))).toMatchObject({ name: 'JournalError' });
    const before = told.length;
    expect(await rejection(writer.append(entry))).toMatchObject({
      message: 'j: a write failed; open the journal anew',
      cause: full,
    });
    expect(told).toHaveLength(before);
  },
);
