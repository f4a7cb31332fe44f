import { mkdirSync, writeFileSync } from 'node:fs';
import { rm, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DirectoryPlace } from '../../src/backup/directory-place.ts';
import { markChecked } from '../../src/backup/mark-checked.ts';
import { readShelf } from '../../src/backup/read-shelf.ts';
import { sampleBackup } from './support/sample-backup.ts';

const read = async (directory: string, isNamed = false) => readShelf(directory, await new DirectoryPlace(directory, isNamed).shelf());
const now = new Date('2026-11-27T10:00:00.500Z');

describe('a directory of backups', () => {
  test('lists what is whole with what its record says', async () => {
    await using sample = await sampleBackup();
    expect(await read(sample.directory)).toEqual([
      {
        place: sample.directory,
        name: sample.record.name,
        state: 'whole',
        sizeBytes: sample.bytes.length,
        takenAt: '2026-11-26T15:00:00Z',
        revision: 4,
        keys: 3,
        encrypted: false,
      },
    ]);
  });

  test.each<[string, (sample: { archive: string; recordFile: string }) => Promise<void> | void]>([
    ['cut off', ({ archive }) => truncate(archive, 10)],
    ['no archive', ({ archive }) => rm(archive)],
    ['no record', ({ recordFile }) => rm(recordFile)],
    ['damaged record', ({ recordFile }) => writeFileSync(recordFile, '{')],
  ])('says when one is %s', async (state, damage) => {
    await using sample = await sampleBackup();
    await damage(sample);
    expect(await read(sample.directory)).toMatchObject([{ name: sample.record.name, state }]);
  });

  test('says when one was checked, as long as it is the same', async () => {
    await using sample = await sampleBackup();
    await markChecked(sample.directory, sample.record, 'drill', now);
    expect(await read(sample.directory)).toMatchObject([{ checked: { at: '2026-11-27T10:00:00Z', how: 'drill' } }]);
    const other = { ...sample.record, archive: { ...sample.record.archive, sha256: 'a'.repeat(64) } };
    await markChecked(sample.directory, other, 'read', now);
    expect((await read(sample.directory))[0]).not.toHaveProperty('checked');
  });

  test('notes nothing where nothing may be written', async () => {
    await using sample = await sampleBackup();
    await markChecked('/proc/self', sample.record, 'read', now);
  });

  test('takes no notice of anything else, and may not be there', async () => {
    await using sample = await sampleBackup();
    writeFileSync(join(sample.directory, 'package.json'), '{}');
    mkdirSync(join(sample.directory, 'more'));
    expect((await read(sample.directory)).length).toBe(1);
    expect(await read(join(sample.directory, 'nowhere'))).toEqual([]);
    await expect(read(join(sample.directory, 'nowhere'), true)).rejects.toMatchObject({ exitCode: 2 });
    await expect(read('/dev/null')).rejects.toMatchObject({ exitCode: 2 });
  });
});

test('the newest comes first', async () => {
  await using sample = await sampleBackup();
  const { record } = sample;
  const at = (day: string) => ({ ...record, name: `demo-202611${day}T150000Z-cp-1`, takenAt: `2026-11-${day}T15:00:00Z` });
  const records = new Map(['25', '27', '26'].map((day) => [`${at(day).name}.json`, JSON.stringify(at(day))]));
  const listed = readShelf('cp-1', { records, checks: new Map(), archives: new Map() });
  expect(listed.map(({ takenAt }) => takenAt?.slice(8, 10))).toEqual(['27', '26', '25']);
});
