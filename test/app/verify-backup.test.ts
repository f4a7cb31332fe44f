import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { describe, expect, test } from 'vitest';
import { backupDirectory } from '../../src/app/backup-directory.ts';
import { isBackupFile, withBackup } from '../../src/app/find-backup.ts';
import { verifyByDrill, verifyFile } from '../../src/app/verify-backup.ts';
import { StoppedError, UnreachableError } from '../../src/errors.ts';
import { type Sample, sampleBackup, sampleFiles } from '../backup/support/sample-backup.ts';
import { type BackupSession, openBackupSession } from './support/backup-session.ts';

const snapshots = '/var/lib/kcluster/snapshots';
const none = { identityFile: undefined };

test.each([
  ['demo-20261126T150000Z-cp-1', false],
  ['demo-20261126T150000Z-cp-1.tar.zst', true],
  ['demo-20261126T150000Z-cp-1.tar.gz.age', true],
  ['demo-20261126T150000Z-cp-1.json', true],
  ['./demo-20261126T150000Z-cp-1', true],
  ['demo', true],
  ['s3://etcd/demo-20261126T150000Z-cp-1.json', false],
])('%s is a file: %s', (given, expected) => {
  expect(isBackupFile(given)).toBe(expected);
});

describe('a backup is found by its name', () => {
  /** The sample lies with the other local state. */
  async function localCopy(fixture: BackupSession, sample: Sample): Promise<string> {
    const directory = backupDirectory(fixture.session.state);
    mkdirSync(directory);
    for (const file of [sample.archive, sample.recordFile]) await copyFile(file, path.join(directory, path.basename(file)));
    return directory;
  }

  const serve = (fixture: BackupSession, name: string, sample: Sample): void => {
    fixture
      .host(name)
      .on(/cat -- .*json/, { stdout: `found\n${JSON.stringify(sample.record)}` })
      .serve(`${snapshots}/${sample.record.archive.file}`, sample.bytes);
  };

  test('here, by its record, or by an archive without one', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const directory = await localCopy(fixture, sample);
    const { name } = sample.record;
    const find = () => withBackup(fixture.session, name, undefined, async (found) => found);
    expect(await find()).toEqual({ file: path.join(directory, `${name}.json`) });
    await rm(path.join(directory, `${name}.json`));
    expect(await find()).toEqual({ file: path.join(directory, sample.record.archive.file) });
  });

  test('on a host, from which it is fetched for as long as it is read', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    fixture.host('cp-1').on(/cat -- .*json/);
    serve(fixture, 'cp-2', sample);
    const lent = await withBackup(fixture.session, sample.record.name, undefined, async (found) => {
      const { record } = await verifyFile(fixture.session, found, none);
      expect([record, found.place]).toEqual([sample.record, 'cp-2']);
      return found.file;
    });
    expect([existsSync(lent), readdirSync(fixture.session.state.path('scratch'))]).toEqual([false, []]);
  });

  test('nowhere', async () => {
    await using fixture = await openBackupSession(['cp-1']);
    fixture.host('cp-1').on(/cat/);
    const looking = withBackup(fixture.session, 'demo-20261126T150000Z-cp-1', undefined, async () => undefined);
    await expect(looking).rejects.toMatchObject({ exitCode: 2, message: /no backup demo-.* in .*backups, cp-1$/ });
  });

  test('and its record must be about it', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession(['cp-1']);
    serve(fixture, 'cp-1', sample);
    const looking = withBackup(fixture.session, 'demo-20261126T150000Z-cp-9', undefined, async () => undefined);
    await expect(looking).rejects.toMatchObject({ exitCode: 8, message: /is the record of demo-20261126T150000Z-cp-1/ });
  });
});

test('what was read is marked, beside it', async () => {
  await using sample = await sampleBackup();
  await using fixture = await openBackupSession([]);
  await verifyFile(fixture.session, { file: sample.recordFile }, none);
  const mark = await readFile(path.join(sample.directory, `${sample.record.name}.checked`), 'utf8');
  expect(mark).toMatch(new RegExp(`^\\S+Z read ${sample.record.archive.sha256}\n$`));
  expect(fixture.events.at(-1)).toMatchObject({ type: 'progress', doneBytes: sample.bytes.length, totalBytes: sample.bytes.length });
});

describe('a drill', () => {
  const key = randomBytes(32);
  const files = {
    ...sampleFiles,
    'host/etc/kubernetes/encryption-config.yaml': `resources: [{ providers: [{ secretbox: { keys: [{ name: key1, secret: ${key.toString('base64')} }] } }] }]\n`,
  };
  const nonce = randomBytes(24);
  const stored = Buffer.concat([
    Buffer.from('k8s:enc:secretbox:v1:key1:'),
    nonce,
    xsalsa20poly1305(key, nonce).encrypt(Buffer.from('{"a":1}')),
  ]);
  const base64 = (text: string | Buffer): string => Buffer.from(text).toString('base64');
  const secretLine = (value: Buffer): string =>
    `secret\t${JSON.stringify({ kvs: [{ key: base64('/registry/secrets/ns/known'), value: base64(value) }] })}\n`;
  const good = { hash: 1651506417, revision: 4, totalKey: 3, totalSize: 5 };
  const told = (snapshot: object, rest: string): string => `phase\trestore\nsnapshot\t${JSON.stringify(snapshot)}\n${rest}done\n`;
  const keys = 'keys\tpods\t2\nkeys\texample.org/things\t1\n';

  async function drill(stdout: string, code = 0, on?: string) {
    await using sample = await sampleBackup({ files });
    await using fixture = await openBackupSession();
    const host = fixture.host(on ?? 'cp-1');
    host
      .on(/mkdir/)
      .on(/^rm -rf/)
      .on(/^exec sh -s/, { code, stdout });
    try {
      const result = await verifyByDrill(fixture.session, { file: sample.archive }, none, on);
      const mark = await readFile(path.join(sample.directory, `${sample.record.name}.checked`), 'utf8');
      return { ...result, mark, uploads: host.uploads };
    } finally {
      expect(host.sent.at(-1)?.script).toBe(`rm -rf ${snapshots}/.drill-run-1`);
      expect(readdirSync(fixture.session.state.path('scratch'))).toEqual([]);
      // The key stays here.
      expect(JSON.stringify(host.sent)).not.toContain(key.toString('base64'));
    }
  }

  test('tells what is in the snapshot and that a Secret opens', async () => {
    const { drill: report, mark, uploads } = await drill(told(good, keys + secretLine(stored)), 0, 'cp-2');
    expect(report).toEqual({
      node: 'cp-2',
      revision: 4,
      resources: [
        { resource: 'pods', count: 2 },
        { resource: 'example.org/things', count: 1 },
      ],
      secret: { name: 'ns/known', key: 'key1' },
    });
    expect(mark).toContain(' drill ');
    expect(uploads).toMatchObject([{ path: `${snapshots}/.drill-run-1/snapshot.db`, mode: 0o600 }]);
  });

  test('does without a Secret', async () => {
    expect((await drill(told(good, keys))).drill).not.toHaveProperty('secret');
  });

  test.each<[string, string, number, RegExp]>([
    ['another hash', told({ ...good, hash: 5 }, keys), 8, /has hash 5, revision 4 and 3 keys instead of 1651506417, 4 and 3/],
    ['another revision', told({ ...good, revision: 5 }, keys), 8, /revision 5/],
    ['nothing in it', told(good, ''), 8, /restored store is empty/],
    [
      'a Secret that does not open',
      told(good, keys + secretLine(Buffer.concat([stored.subarray(0, 60), Buffer.alloc(40)]))),
      8,
      /key1 of the backup does not open/,
    ],
    ['no result', 'done\n', 5, /ended without a result/],
  ])('refuses %s', async (_, stdout, exitCode, message) => {
    await expect(drill(stdout)).rejects.toMatchObject({ exitCode, message });
  });

  test('says what the script says', async () => {
    await expect(drill('failed\tetcd does not start\n', 74)).rejects.toMatchObject({ exitCode: 8, message: 'cp-1: etcd does not start' });
    await expect(drill('failed\tthere is no room\n', 72)).rejects.toMatchObject({ exitCode: 5, name: StoppedError.name });
  });

  test('needs a host that is there', async () => {
    await using sample = await sampleBackup();
    await using away = await openBackupSession([], [new UnreachableError('no route', { node: 'cp-1' })]);
    await expect(verifyByDrill(away.session, { file: sample.archive }, none)).rejects.toMatchObject({ exitCode: 4 });
    await expect(verifyByDrill(away.session, { file: sample.archive }, none, 'cp-9')).rejects.toMatchObject({
      exitCode: 2,
      message: /no node cp-9/,
    });
    await using given = await openBackupSession(['cp-1', 'cp-2'], [], 'given-etcd.yaml');
    await expect(verifyByDrill(given.session, { file: sample.archive }, none)).rejects.toMatchObject({
      exitCode: 8,
      message: /no host .* runs etcd/,
    });
  });

  test('needs a place on that host', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    fixture.host('cp-1').on(/mkdir/, { code: 1, stderr: 'read-only' });
    await expect(verifyByDrill(fixture.session, { file: sample.archive }, none)).rejects.toMatchObject({
      exitCode: 5,
      message: /read-only/,
    });
  });
});
