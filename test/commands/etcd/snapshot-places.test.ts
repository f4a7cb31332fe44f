import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSession, type Session } from '../../../src/app/session.ts';
import EtcdSnapshotList from '../../../src/commands/etcd/snapshot/list.ts';
import EtcdSnapshotPrune from '../../../src/commands/etcd/snapshot/prune.ts';
import EtcdSnapshotVerify from '../../../src/commands/etcd/snapshot/verify.ts';
import { UnreachableError } from '../../../src/errors.ts';
import { FakeHost } from '../../../src/host/fake/fake-host.ts';
import { temporaryPlaces } from '../../app/support/temporary-place.ts';
import { sampleBackup, sampleManifest, sampleSnapshot } from '../../backup/support/sample-backup.ts';
import { type RunningStub, runStub } from '../../backup/support/stub-access.ts';
import { sample, three } from '../../components/sample.ts';
import { runCommand } from '../support/run-command.ts';

vi.mock('../../../src/app/session.ts');

const newPlace = temporaryPlaces();
const manifest = sampleManifest(sampleSnapshot(1));
const hostKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJfA6DOOGyFgKsT4sANBXzyJ2uZBCWnYh3Xp4JBD0H6R';
const nameAt = (hour: number): string => `sample-20261126T${hour}0003Z-a`;

function recordAt(hour: number): string {
  const name = nameAt(hour);
  const archive = { file: `${name}.tar.gz`, sizeBytes: 7, sha256: 'a'.repeat(64), compression: 'gzip', encryptedTo: [] };
  return JSON.stringify({ ...manifest, cluster: 'sample', name, takenAt: `2026-11-26T${hour}:00:03Z`, archive });
}

const answerOf = (...hours: readonly number[]): string =>
  hours.map((hour) => `record\t${nameAt(hour)}.json\t${recordAt(hour)}\narchive\t${nameAt(hour)}.tar.gz\t7\n`).join('');

const listing = /printf 'record/;
let running: RunningStub;
let hosts: Map<string, FakeHost>;
let state: string;
const hostOf = (name: string): FakeHost => hosts.get(name) ?? new FakeHost(name);

beforeEach(async () => {
  vi.useFakeTimers({ now: new Date('2026-11-26T15:30:00Z'), toFake: ['Date'] });
  running = await runStub();
  state = newPlace();
  const { access, stub } = running;
  writeFileSync(path.join(state, 's3'), `aws_access_key_id = ${access.accessKeyId}\naws_secret_access_key = ${access.secretAccessKey}\n`);
  for (const hour of [12, 14]) {
    stub.objects.set(`etcd/lab/${nameAt(hour)}.json`, Buffer.from(recordAt(hour)));
    stub.objects.set(`etcd/lab/${nameAt(hour)}.tar.gz`, Buffer.from('archive'));
  }
  const snapshots = {
    schedule: '@hourly',
    keep: { last: 1, daily: 0, weekly: 0, monthly: 0 },
    copyTo: [
      '/srv/backup',
      { url: 'ssh://backup@nas.example.com/srv/etcd', identityFile: 'key', hostKey },
      { url: 's3://etcd/lab', endpoint: access.endpoint, region: access.region, credentialsFile: path.join(state, 's3') },
    ],
  };
  const cluster = sample(three, { etcd: { snapshots } });
  hosts = new Map([
    [
      'a',
      new FakeHost('a')
        .on(/cat --/)
        .on(listing, { stdout: answerOf(13, 14, 15) })
        .on(/cd -- \/srv\/backup[\s\S]*printf/, { code: 1, stderr: 'cannot cd to /srv/backup' }),
    ],
    ['b', new FakeHost('b').on(/cat --/).on(listing)],
  ]);
  const session = {
    cluster,
    hosts,
    runId: 'run-1',
    emit: () => undefined,
    elapsedMs: () => 0,
    connectTo: async ({ name }: { readonly name: string }) => Promise.reject(new UnreachableError('no route', { node: name })),
    signal: new AbortController().signal,
    state: { path: (name: string) => path.join(state, name) },
    unreachable: [new UnreachableError('connection refused', { node: 'c' })],
    close: async () => undefined,
  };
  vi.mocked(openSession).mockResolvedValue(session as unknown as Session);
});
afterEach(async () => {
  vi.useRealTimers();
  await running[Symbol.asyncDispose]();
});

describe('list', () => {
  test('has all places in one table, with those that do not answer', async () => {
    const { code, out, err } = await runCommand(EtcdSnapshotList);
    expect(code).toBe(0);
    const rows = out.split('\n').map((line) => line.split(/ {2,}/));
    expect(rows.map(([place, name]) => [place, name?.slice(16, 18)])).toEqual([
      ['PLACE', ''],
      ['a', '15'],
      ['a', '14'],
      ['a', '13'],
      ['s3://etcd/lab', '14'],
      ['s3://etcd/lab', '12'],
      ['c', ''],
      ['a:/srv/backup', ''],
      ['ssh://backup@nas.example.com/srv/etcd', ''],
      ['', undefined],
    ]);
    expect(out.match(/no answer/g)).toHaveLength(3);
    for (const text of ['c: connection refused', 'cannot cd to /srv/backup', 'nas.example.com/srv/etcd: no route'])
      expect(err).toContain(text);
  });

  test('for programs', async () => {
    const { backups, silent } = JSON.parse((await runCommand(EtcdSnapshotList, '-o', 'json')).out);
    expect([backups.length, silent.map(({ place }: { readonly place: string }) => place)]).toEqual([
      5,
      ['c', 'a:/srv/backup', 'ssh://backup@nas.example.com/srv/etcd'],
    ]);
  });

  test.each([
    ['s3://etcd/lab', ['14', '12']],
    ['a', ['15', '14', '13']],
  ])('only %s', async (place, hours) => {
    const { backups } = JSON.parse((await runCommand(EtcdSnapshotList, '--in', place, '-o', 'json')).out);
    expect(backups.map(({ name }: { readonly name: string }) => name.slice(16, 18))).toEqual(hours);
  });
});

describe('verify', () => {
  test('finds a backup in an object store', async () => {
    await using good = await sampleBackup();
    const { name, archive } = good.record;
    running.stub.objects.set(`etcd/lab/${name}.json`, readFileSync(good.recordFile));
    running.stub.objects.set(`etcd/lab/${archive.file}`, good.bytes);
    expect(await runCommand(EtcdSnapshotVerify, name)).toMatchObject({ code: 0, out: expect.stringContaining(`${name} is whole`) });
    for (const file of [name, `${name}.json`, archive.file])
      expect(await runCommand(EtcdSnapshotVerify, `s3://etcd/lab/${file}`)).toMatchObject({ code: 0 });
    running.stub.objects.set(`etcd/lab/${archive.file}`, good.bytes.subarray(1));
    expect(await runCommand(EtcdSnapshotVerify, name)).toMatchObject({ code: 8, err: expect.stringContaining('is not whole') });
    expect(await runCommand(EtcdSnapshotVerify, name, '--in', 'b')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no backup .* in b\n/),
    });
    expect(readdirSync(path.join(state, 'scratch'))).toEqual([]);
  });

  test('says why the only place that counts cannot be asked', async () => {
    running.stub.faults.push([403, 'AccessDenied']);
    expect(await runCommand(EtcdSnapshotVerify, nameAt(14), '--in', 's3://etcd/lab')).toMatchObject({
      code: 4,
      err: expect.stringMatching(/refuses the credentials of .*s3 \(AccessDenied\)/),
    });
  });
});

describe('prune', () => {
  const deleting = /^rm -f -- sample.* \|\| exit$/m;
  const deleted = () =>
    hostOf('a')
      .sent.filter(({ script }) => deleting.test(script))
      .map(({ script }) => script);
  const inStore = () => [...running.stub.objects.keys()].filter((key) => key.endsWith('.json'));

  test('shows what goes in every place, and asks', async () => {
    const { code, out, err } = await runCommand(EtcdSnapshotPrune);
    expect([code, deleted(), inStore().length]).toEqual([9, [], 2]);
    const rows = [...out.matchAll(/^(\S+) +(sample-\S+)/gm)].map(([, place, name]) => [place, name]);
    expect(rows).toEqual([
      ['a', nameAt(13)],
      ['a', nameAt(14)],
      ['s3://etcd/lab', nameAt(12)],
    ]);
    expect(err).toContain('no route');
  });

  test('a dry run asks nothing', async () => {
    expect(await runCommand(EtcdSnapshotPrune, '--dry-run')).toMatchObject({ code: 0 });
    expect([deleted(), inStore().length]).toEqual([[], 2]);
  });

  test('deletes records before archives', async () => {
    hostOf('a').on(deleting);
    const { code, out } = await runCommand(EtcdSnapshotPrune, '--yes');
    expect([code, out]).toEqual([0, expect.stringContaining('deleted 3 backups\n')]);
    const lines = [13, 14].map((hour) => `rm -f -- ${nameAt(hour)}.json && rm -f -- ${nameAt(hour)}.tar.* ${nameAt(hour)}.checked || exit`);
    expect(deleted()).toEqual([
      ['[ -e /var/lib/kcluster/snapshots ] || exit 0', 'cd -- /var/lib/kcluster/snapshots || exit', ...lines].join('\n'),
    ]);
    expect([...running.stub.objects.keys()]).toEqual([`etcd/lab/${nameAt(14)}.json`, `etcd/lab/${nameAt(14)}.tar.gz`]);
  });

  test('says when a host cannot delete', async () => {
    hostOf('a').on(deleting, { code: 1, stderr: 'read-only file system' });
    expect(await runCommand(EtcdSnapshotPrune, '--yes')).toMatchObject({ code: 5, err: expect.stringContaining('read-only file system') });
  });

  test('only one place, which must be there', async () => {
    const directory = newPlace();
    for (const hour of [13, 14]) {
      writeFileSync(path.join(directory, `${nameAt(hour)}.tar.gz`), 'archive');
      writeFileSync(path.join(directory, `${nameAt(hour)}.json`), recordAt(hour));
    }
    expect(await runCommand(EtcdSnapshotPrune, '--in', directory, '--yes')).toMatchObject({ code: 0 });
    expect(readdirSync(directory)).toEqual([`${nameAt(14)}.json`, `${nameAt(14)}.tar.gz`]);
    expect([deleted(), inStore().length]).toEqual([[], 2]);
    expect(await runCommand(EtcdSnapshotPrune, '--in', path.join(directory, 'nowhere'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('cannot be read (ENOENT)'),
    });
  });
});
