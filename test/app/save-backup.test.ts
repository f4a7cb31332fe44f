import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { backupDirectory } from '../../src/app/backup-directory.ts';
import { type SaveChoices, saveBackup } from '../../src/app/save-backup.ts';
import { DirectoryPlace } from '../../src/backup/directory-place.ts';
import { openBackup } from '../../src/backup/open-backup.ts';
import { S3Place } from '../../src/backup/s3-place.ts';
import { ArtifactError, ConnectionLostError, UnreachableError } from '../../src/errors.ts';
import type { FakeHost } from '../../src/host/fake/fake-host.ts';
import { type Sample, sampleBackup } from '../backup/support/sample-backup.ts';
import { type RunningStub, runStub } from '../backup/support/stub-access.ts';
import { type BackupSession, openBackupSession } from './support/backup-session.ts';

const snapshots = '/var/lib/kcluster/snapshots';
const choices = (directory: string, more: Partial<SaveChoices> = {}): SaveChoices => ({
  to: new DirectoryPlace(directory, true),
  inventory: 'the inventory',
  recipients: [],
  keepOnHost: false,
  ...more,
});
const lines = (...words: readonly (readonly string[])[]) => ({ stdout: words.map((each) => `${each.join('\t')}\n`).join('') });

/** A host whose script makes the sample. */
function makes(host: FakeHost, sample: Sample): FakeHost {
  const { name, archive } = sample.record;
  return host
    .on(/inventory-run-1/)
    .on(/^exec sh -s/, lines(['phase', 'save'], ['progress', '5', '10'], ['warning', 'etcd is full'], ['phase', 'pack'], ['made', name]))
    .on(new RegExp(`^cat ${snapshots}/${name}.json`), { stdout: JSON.stringify(sample.record) })
    .on(/^rm -f -- /)
    .serve(`${snapshots}/${archive.file}`, sample.bytes);
}

const fails = (host: FakeHost, code: number, text: string): FakeHost =>
  host.on(/inventory-run-1/).on(/^exec sh -s/, { code, ...lines(['phase', 'choose'], ['failed', text]) });

const removals = (host: FakeHost) => host.sent.filter(({ script }) => script.startsWith('rm -f -- ')).length;
const target = ({ directory }: BackupSession) => path.join(directory, 'new/backups');

describe('a backup that is saved', () => {
  test('is made on the first control plane, brought here, and removed there', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const host = makes(fixture.host('cp-1'), sample);
    const { record, archive } = await saveBackup(fixture.session, choices(target(fixture)));
    expect(record).toEqual(sample.record);
    expect(readFileSync(archive)).toEqual(sample.bytes);
    expect(readdirSync(target(fixture)).sort()).toEqual([`${record.name}.json`, record.archive.file]);
    expect([removals(host), fixture.notices()]).toEqual([1, ['etcd is full']]);
    expect(host.downloads).toMatchObject([{ sizeBytes: sample.bytes.length, sha256: record.archive.sha256 }]);
    expect(fixture.events.at(-1)).toMatchObject({ type: 'backup-made', name: record.name, revision: 4, keys: 3, encrypted: false });
  });

  test('is told what it needs to know, with no secret among it', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const host = makes(fixture.host('cp-1'), sample);
    await saveBackup(fixture.session, choices(target(fixture), { recipients: ['age1a', 'age1b'] }));
    const script = host.sent.find(({ kind }) => kind === 'follow')?.script ?? '';
    expect(script.split('\n').slice(0, 6)).toEqual([
      `exec sh -s -- ${snapshots} <<'KCLUSTER_END_OF_SCRIPT'`,
      `CLUSTER=${fixture.session.cluster.name}`,
      'NODE=cp-1',
      expect.stringMatching(/^ENDPOINTS='?https:.*:2379,https:.*:2379,https:.*:2379'?$/),
      "RECIPIENTS='age1a age1b'",
      'INVENTORY=/run/kcluster/inventory-run-1',
    ]);
    expect(host.sent[0]).toMatchObject({ stdin: 'the inventory' });
    expect(host.sent.filter(({ script: text }) => text.startsWith('rm -f /run/kcluster/inventory')).length).toBe(1);
  });

  test('stays on the host when that is wanted', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const host = makes(fixture.host('cp-1'), sample);
    await saveBackup(fixture.session, choices(target(fixture), { keepOnHost: true }));
    expect(removals(host)).toBe(0);
  });

  test.each([
    ['three-control-planes.yaml', true],
    ['scheduled-backups.yaml', false],
  ])('leaves no empty directory on hosts that schedule none: %s', async (inventory, isRemoved) => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession(['cp-1'], [], inventory);
    const host = makes(fixture.host('cp-1'), sample);
    await saveBackup(fixture.session, choices(target(fixture)));
    expect(host.sent.at(-1)?.script.includes(`rmdir ${snapshots}`)).toBe(isRemoved);
  });

  test('shows how it comes on, and what is over as whole', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    makes(fixture.host('cp-1'), sample);
    await saveBackup(fixture.session, choices(target(fixture)));
    const shown = fixture.events.flatMap((event) => (event.type === 'progress' ? [[event.what, event.doneBytes, event.totalBytes]] : []));
    expect(shown).toEqual([
      ['save a snapshot of etcd', 5, 10],
      ['save a snapshot of etcd', 10, 10],
      [`fetch ${sample.record.archive.file}`, sample.bytes.length, sample.bytes.length],
    ]);
  });

  test.each<[string, (host: FakeHost) => void]>([
    ['has no room', (host) => fails(host, 72, 'no room')],
    ['reaches no member', (host) => fails(host, 71, 'no member answers')],
    ['is lost on the way', (host) => host.on(/inventory-run-1/).on(/^exec sh -s/, new ConnectionLostError('gone', { node: 'cp-1' }))],
  ])('is made on the next control plane when the first %s', async (_, prepare) => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    prepare(fixture.host('cp-1'));
    makes(fixture.host('cp-2'), sample);
    await saveBackup(fixture.session, choices(target(fixture)));
    expect(fixture.notices()[0]).toMatch(/^cp-1: /);
  });
});

describe('a backup that goes on to another place', () => {
  const s3 = ({ access }: RunningStub) => new S3Place('s3://etcd/lab', async () => access, { bucket: 'etcd', prefix: 'lab' });

  test('lies there whole, and nowhere else', async () => {
    await using running = await runStub();
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const host = makes(fixture.host('cp-1'), sample);
    const { record, archive } = await saveBackup(fixture.session, choices('', { to: s3(running) }));
    const { file } = record.archive;
    expect(archive).toBe(`s3://etcd/lab/${file}`);
    expect([...running.stub.objects.keys()]).toEqual([`etcd/lab/${file}`, `etcd/lab/${record.name}.json`]);
    expect(running.stub.objects.get(`etcd/lab/${file}`)).toEqual(sample.bytes);
    expect([readdirSync(backupDirectory(fixture.session.state)), removals(host)]).toEqual([[], 1]);
    const shown = fixture.events.flatMap((event) => (event.type === 'progress' ? [event.what] : []));
    expect(shown.at(-1)).toBe(`send ${file}`);
  });

  test('is not made when that place cannot be used', async () => {
    await using running = await runStub();
    await using fixture = await openBackupSession();
    running.stub.faults.push([404, 'NoSuchBucket']);
    await expect(saveBackup(fixture.session, choices('', { to: s3(running) }))).rejects.toMatchObject({ exitCode: 2 });
    expect(fixture.host('cp-1').roundTrips).toBe(0);
  });

  test('stays here when it did not arrive there, and leaves no record there', async () => {
    await using running = await runStub();
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    makes(fixture.host('cp-1'), sample);
    running.stub.faults.push([404, 'NoSuchKey'], [403, 'AccessDenied']);
    await expect(saveBackup(fixture.session, choices('', { to: s3(running) }))).rejects.toMatchObject({ exitCode: 4 });
    const here = backupDirectory(fixture.session.state);
    const { file } = sample.record.archive;
    expect(running.stub.objects.size).toBe(0);
    expect(readdirSync(here).sort()).toEqual([`${sample.record.name}.json`, file]);
    expect(fixture.notices().at(-1)).toBe(`the backup is whole and stays here: ${path.join(here, file)}`);
    await expect(openBackup(path.join(here, file))).resolves.toMatchObject({ hasRecord: true });
  });
});

describe('no backup', () => {
  test.each([
    [71, 'RefusedError', 8],
    [72, 'StoppedError', 5],
    [74, 'RefusedError', 8],
    [75, 'StoppedError', 5],
  ])('status %i of every script is a %s', async (status, name, exitCode) => {
    await using fixture = await openBackupSession(['cp-1', 'cp-2']);
    for (const host of fixture.hosts.values()) fails(host, status, 'it is so');
    const error = await saveBackup(fixture.session, choices(target(fixture))).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name, exitCode, details: { failures: [{ message: 'cp-1: it is so' }, { message: 'cp-2: it is so' }] } });
    expect(readdirSync(target(fixture))).toEqual([]);
  });

  test('a script that ends in silence is told by its status', async () => {
    await using fixture = await openBackupSession(['cp-1']);
    fixture
      .host('cp-1')
      .on(/inventory-run-1/)
      .on(/^exec sh -s/, { code: 127 });
    await expect(saveBackup(fixture.session, choices(target(fixture)))).rejects.toThrow('make-backup.sh ended with exit status 127');
  });

  test('no control plane that answers is told as what the hosts say', async () => {
    await using fixture = await openBackupSession([], [new UnreachableError('no route', { node: 'cp-1' })]);
    await expect(saveBackup(fixture.session, choices(target(fixture)))).rejects.toMatchObject({ exitCode: 4 });
  });

  test('a download that fails leaves nothing here, and nothing on the host', async () => {
    await using sample = await sampleBackup();
    await using fixture = await openBackupSession();
    const host = makes(fixture.host('cp-1'), sample).serve(
      `${snapshots}/${sample.record.archive.file}`,
      new ArtifactError('another sha256'),
    );
    await expect(saveBackup(fixture.session, choices(target(fixture)))).rejects.toThrow('another sha256');
    expect([readdirSync(target(fixture)), removals(host)]).toEqual([[], 1]);
  });

  test('a directory that cannot be made is told before anything is asked', async () => {
    await using fixture = await openBackupSession();
    await expect(saveBackup(fixture.session, choices('/dev/null/x'))).rejects.toMatchObject({ exitCode: 2 });
    expect(fixture.host('cp-1').roundTrips).toBe(0);
  });
});
