import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DirectoryPlace } from '../../src/backup/directory-place.ts';
import { ownBackups } from '../../src/backup/own-backups.ts';
import { readHostAnswer } from '../../src/backup/read-host-answer.ts';
import { readShelf } from '../../src/backup/read-shelf.ts';
import type { StoredBackup } from '../../src/cluster/backup-status.ts';
import { sampleManifest, sampleSnapshot } from './support/sample-backup.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'kcluster-list-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const put = (name: string, text = 'archive'): void => writeFileSync(path.join(directory, name), text);
const manifest = sampleManifest(sampleSnapshot(1));
const record = (file: string, sizeBytes = 7): string => {
  const archive = { file, sizeBytes, sha256: 'a'.repeat(64), compression: 'zstd', encryptedTo: [] };
  // In one line, as make-backup.sh writes it.
  return `${JSON.stringify(manifest).slice(0, -1)},\n  "archive": ${JSON.stringify(archive)}\n}\n`;
};

function fill(): void {
  const name = (hour: number): string => `c-20261126T${hour}0000Z-cp-1.lan`;
  put(`${name(10)}.tar.zst`);
  put(`${name(10)}.json`, record(`${name(10)}.tar.zst`));
  put(`${name(11)}.tar.gz.age`);
  put(`${name(11)}.json`, record(`${name(11)}.tar.gz.age`));
  // Its record is of another size; without a record; without an archive; a record that is none.
  put(`${name(12)}.tar.zst`);
  put(`${name(12)}.json`, record(`${name(12)}.tar.zst`, 8));
  put(`${name(13)}.tar.zst.age`);
  put(`${name(14)}.json`, record(`${name(14)}.tar.zst`));
  put(`${name(15)}.tar.zst`);
  put(`${name(15)}.json`, '');
  for (const other of [
    'c-b-20261126T100000Z-a.json',
    'd-20261126T100000Z-a.tar.zst',
    'c-notes.json',
    'c-2026.tar.gz',
    '.c-20261126T100000Z-a.partial',
  ])
    put(other);
}

/** What retention is to see, on hosts and here. */
const expected = [
  ['10', '2026-11-26T10:00:00Z', 7, true],
  ['11', '2026-11-26T11:00:00Z', 7, true],
  ['12', '2026-11-26T12:00:00Z', 7, false],
  ['13', '2026-11-26T13:00:00Z', 7, false],
  ['14', '2026-11-26T14:00:00Z', 0, false],
  ['15', '2026-11-26T15:00:00Z', 7, false],
];
const shown = (all: readonly StoredBackup[]) =>
  all
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, takenAt, sizeBytes, verified }) => [name.slice(11, 13), takenAt, sizeBytes, verified]);

test('hosts list a directory', () => {
  fill();
  const script = path.resolve(import.meta.dirname, '../../templates/backup/list-place.sh');
  const { stdout, stderr } = spawnSync('/bin/sh', [script, directory, 'c'], { encoding: 'utf8' });
  expect(stderr).toBe('');
  const answer = stdout.replace(/^/gm, 'backup\t').replace(/backup\t$/, '');
  expect(shown(readHostAnswer('cp-1', answer).backups)).toEqual(expected);
});

test('this machine lists the same', async () => {
  fill();
  const place = new DirectoryPlace(directory, true);
  expect(shown(ownBackups(readShelf(directory, await place.shelf()), 'c'))).toEqual(expected);
});
