import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { newestOwnBackup } from '../../src/app/newest-own-backup.ts';
import type { Session } from '../../src/app/session.ts';
import { sampleManifest, sampleSnapshot } from '../backup/support/sample-backup.ts';
import { sample, three } from '../components/sample.ts';
import { temporaryPlaces } from './support/temporary-place.ts';

const newPlace = temporaryPlaces();
const manifest = sampleManifest(sampleSnapshot(1));
let place: string;
beforeEach(() => {
  place = newPlace();
});

const sessionOf = (authority: string | undefined = manifest.clusterId): Session =>
  ({
    cluster: { ...sample(three), name: 'demo' },
    state: { path: (name: string) => path.join(place, name) },
    secrets: { digests: () => new Map(authority === undefined ? [] : [['ca.crt', authority]]) },
  }) as unknown as Session;

/** A backup in the directory that `etcd snapshot save` writes to. */
function put(name: string, { record = true, sizeBytes = 7 } = {}): void {
  const [directory, file] = [path.join(place, 'backups'), `${name}.tar.zst`];
  mkdirSync(directory, { recursive: true });
  writeFileSync(path.join(directory, file), 'archive');
  const archive = { file, sizeBytes, sha256: 'a'.repeat(64), compression: 'zstd', encryptedTo: [] };
  if (record) writeFileSync(path.join(directory, `${name}.json`), JSON.stringify({ ...manifest, name, archive }));
}

describe('the newest backup of this machine', () => {
  test('is the last one that is whole', async () => {
    put('demo-20261118T060000Z-cp-1');
    put('demo-20261119T060000Z-cp-2');
    put('demo-20261120T060000Z-cp-1', { record: false });
    put('demo-20261121T060000Z-cp-1', { sizeBytes: 8 });
    expect(await newestOwnBackup(sessionOf())).toBe('2026-11-19T06:00:00Z');
  });

  test('is of this cluster: neither of another name, nor of an earlier one of its name', async () => {
    put('demo-2-20261121T060000Z-cp-1');
    expect(await newestOwnBackup(sessionOf())).toBeUndefined();
    put('demo-20261119T060000Z-cp-1');
    expect(await newestOwnBackup(sessionOf('b'.repeat(64)))).toBeUndefined();
    expect(await newestOwnBackup(sessionOf())).toBe('2026-11-19T06:00:00Z');
  });

  test('is none where there is no directory, nor where that cannot be read', async () => {
    expect(await newestOwnBackup(sessionOf())).toBeUndefined();
    writeFileSync(path.join(place, 'backups'), 'a file');
    expect(await newestOwnBackup(sessionOf())).toBeUndefined();
  });
});
