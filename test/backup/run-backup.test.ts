import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BackupHosts } from './support/backup-hosts.ts';
import { createS3Stub } from './support/s3-stub.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'kcluster-run-backup-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const hourly = { schedule: '@hourly', keep: { last: 2, daily: 0, weekly: 0, monthly: 0 } };
const nameAt = (stamp: string, node: string): string => `sample-${stamp}-${node}`;

describe('one acts', () => {
  test('once an interval, whoever comes first', async () => {
    const hosts = new BackupHosts(directory, hourly);
    expect(await hosts.run('a')).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining(`made ${nameAt('20261126T150030Z', 'a')}`),
    });
    expect(await hosts.run('b')).toMatchObject({ code: 0, stderr: '', stdout: 'the backup of 20261126T1500 was made by a\n' });
    expect(hosts.all()).toEqual([`${nameAt('20261126T150030Z', 'a')}.json`]);
    expect(hosts.status('a')).toMatchObject({ result: 'ok', slot: '20261126T1500', made: nameAt('20261126T150030Z', 'a'), failures: '0' });
    expect(hosts.status('b')).toMatchObject({ result: 'other', by: 'a', made: '', failures: '0' });
    hosts.setClocks('2026-11-26T16:00:10Z');
    await hosts.run('b');
    await hosts.run('a');
    expect(hosts.all()).toEqual([`${nameAt('20261126T150030Z', 'a')}.json`, `${nameAt('20261126T160010Z', 'b')}.json`]);
  });

  test('all at the same time: still one', async () => {
    const hosts = new BackupHosts(directory, hourly);
    const ran = await Promise.all(hosts.names.map((name) => hosts.run(name)));
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(hosts.all()).toHaveLength(1);
  });

  test('one that fails leaves the turn to the next, and says so', async () => {
    const hosts = new BackupHosts(directory, hourly);
    hosts.write('a', 'broken', 'there is no room\n');
    for (const failures of ['1', '2']) {
      expect(await hosts.run('a')).toMatchObject({ code: 1, stderr: 'no backup was made: there is no room\n' });
      expect(hosts.status('a')).toMatchObject({ result: 'failed', error: 'no backup was made: there is no room', failures, made: '' });
    }
    expect(await hosts.run('b')).toMatchObject({ code: 0 });
    expect(hosts.all()).toEqual([`${nameAt('20261126T150030Z', 'b')}.json`]);
    rmSync(hosts.at('a', 'broken'));
    expect(await hosts.run('a')).toMatchObject({ code: 0 });
    expect(hosts.status('a')).toMatchObject({ result: 'other', by: 'b', failures: '0' });
  });

  test('by hand, in an interval that has its backup', async () => {
    const hosts = new BackupHosts(directory, hourly);
    await hosts.run('a');
    hosts.setClock('b', '2026-11-26T15:20:00Z');
    hosts.write('b', '/run/kcluster/backup-now', '');
    expect(await hosts.run('b')).toMatchObject({ code: 0, stdout: expect.stringContaining('made sample-20261126T152000Z-b') });
    expect(existsSync(hosts.at('b', '/run/kcluster/backup-now'))).toBe(false);
    expect(await hosts.run('b')).toMatchObject({ stdout: expect.stringContaining('was made by b') });
  });
});

describe('a clock', () => {
  /** etcd drops the key of a lease by a clock of its own. */
  const leaseEnds = (hosts: BackupHosts): void => rmSync(path.join(hosts.fakes, 'etcd_kcluster_sample_backup_recent'));

  test('that goes back makes no second one', async () => {
    const hosts = new BackupHosts(directory, hourly);
    hosts.setClocks('2026-11-26T16:00:10Z');
    await hosts.run('a');
    for (const time of ['2026-11-26T15:20:00Z', '2026-11-25T16:00:00Z', '2026-11-26T16:30:00Z']) {
      hosts.setClock('a', time);
      expect(await hosts.run('a')).toMatchObject({ code: 0, stdout: 'the backup of 20261126T1600 was made by a\n' });
    }
    expect(hosts.all()).toHaveLength(1);
  });

  test('that is behind lets others act', async () => {
    const hosts = new BackupHosts(directory, hourly);
    hosts.setClock('a', '2026-11-26T12:00:30Z');
    for (const hour of ['15', '16', '17']) {
      hosts.setClock('b', `2026-11-26T${hour}:00:10Z`);
      await hosts.run('b');
      await hosts.run('a');
    }
    expect(hosts.backups('a')).toEqual([]);
  });

  test('that goes back for good acts again once nobody did for a while, and nothing of what is there goes', async () => {
    const hosts = new BackupHosts(directory, hourly);
    for (const hour of ['15', '16']) {
      hosts.setClocks(`2026-11-26T${hour}:00:10Z`);
      await hosts.run('a');
    }
    leaseEnds(hosts);
    for (const day of ['01', '02', '03']) {
      hosts.setClock('a', `2020-01-${day}T12:00:00Z`);
      expect(await hosts.run('a')).toMatchObject({ code: 0, stdout: expect.stringContaining('made ') });
    }
    // The two newest of what the clock knows of, and what it believes to be from the future.
    expect(hosts.all().map((name) => name.slice(7, 15))).toEqual(['20200102', '20200103', '20261126', '20261126']);
  });

  test('that was ahead silences others no longer than etcd remembers', async () => {
    const hosts = new BackupHosts(directory, hourly);
    hosts.setClock('a', '2031-01-01T00:00:00Z');
    await hosts.run('a');
    expect(await hosts.run('b')).toMatchObject({ stdout: 'the backup of 20310101T0000 was made by a\n' });
    leaseEnds(hosts);
    expect(await hosts.run('b')).toMatchObject({ code: 0, stdout: expect.stringContaining('made sample-20261126T150030Z-b') });
  });
});

describe('etcd', () => {
  test('without a quorum: every host acts, once an interval', async () => {
    const hosts = new BackupHosts(directory, hourly);
    writeFileSync(path.join(hosts.fakes, 'down'), 'context deadline exceeded\n');
    const { code, stderr } = await hosts.run('a');
    expect([code, stderr]).toEqual([0, 'etcd gives out no turns, so this host acts by itself: context deadline exceeded\n']);
    expect(await hosts.run('a')).toMatchObject({ code: 0, stdout: 'the backup of 20261126T1500 was made\n' });
    await hosts.run('b');
    expect(hosts.all()).toHaveLength(2);
  });

  test('that answers nobody is a failure', async () => {
    const hosts = new BackupHosts(directory, hourly);
    writeFileSync(path.join(hosts.fakes, 'down'), 'connection refused\n');
    hosts.write('a', 'broken', 'no member of etcd answers\n');
    expect(await hosts.run('a')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('no backup was made: no member of etcd answers'),
    });
    expect(hosts.status('a')).toMatchObject({ result: 'failed', error: 'no backup was made: no member of etcd answers' });
  });
});

test('retention leaves what the inventory says, and nothing of others is touched', async () => {
  const hosts = new BackupHosts(directory, { schedule: '@hourly', keep: { last: 2, daily: 3, weekly: 0, monthly: 2 } });
  const others = ['sample-b-20200101T000000Z-a.json', 'sample-b-20200101T000000Z-a.tar.zst', 'notes.txt', 'sample-notes.tar.gz'];
  for (const name of others) hosts.write('a', `/var/lib/kcluster/snapshots/${name}`, '');
  const times = ['10-30T23', '10-31T01', '10-31T02', '11-24T01', '11-25T01', '11-25T02', '11-26T01', '11-26T02', '11-26T03'];
  for (const time of times) {
    hosts.setClocks(`2026-${time}:00:10Z`);
    await hosts.run('a');
  }
  const kept = ['10-31T02', '11-24T01', '11-25T02', '11-26T02', '11-26T03'].map((time) => nameAt(`2026${time.replace('-', '')}0010Z`, 'a'));
  expect(hosts.backups('a')).toEqual([...others, ...kept.flatMap((name) => [`${name}.json`, `${name}.tar.zst`])].sort());
});

describe('copies', () => {
  const credentials = { id: 'AKID', secret: 'se/cr+et=VALUE', region: 'eu-1' };
  const secretText = `[default]\naws_access_key_id = ${credentials.id}\naws_secret_access_key=${credentials.secret}\n`;
  const stub = createS3Stub(credentials);
  let endpoint: string;
  beforeEach(async () => {
    stub.objects.clear();
    stub.log.length = 0;
    await new Promise<void>((resolve) => stub.server.listen(0, '127.0.0.1', resolve));
    endpoint = `http://127.0.0.1:${(stub.server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => stub.server.close(resolve)));

  const places = () => {
    const share = path.join(directory, 'share');
    const nas = path.join(directory, 'nas');
    const store = { url: 's3://bucket/some/where', endpoint, region: 'eu-1', credentialsFile: 's3' };
    return { share, nas, copyTo: [share, BackupHosts.sshTarget(nas), store] };
  };

  test('go to every place, and each keeps what the inventory says', async () => {
    const { share, nas, copyTo } = places();
    mkdirSync(share);
    const hosts = new BackupHosts(directory, { ...hourly, copyTo }, { 'backup-target-2': secretText });
    for (let hour = 10; hour < 16; hour += 1) {
      hosts.setClocks(`2026-11-26T${hour}:00:10Z`);
      expect(await hosts.run(hosts.names[hour % 3] ?? 'a')).toMatchObject({ code: 0, stderr: '' });
    }
    const files = ['20261126T140010Z-c', '20261126T150010Z-a'].flatMap((end) => [`sample-${end}.json`, `sample-${end}.tar.zst`]);
    expect(readdirSync(share).sort()).toEqual(files);
    expect(readdirSync(nas).sort()).toEqual(files);
    expect([...stub.objects.keys()].sort()).toEqual(files.map((name) => `bucket/some/where/${name}`));
    expect(stub.objects.get(`bucket/some/where/${files[3]}`)?.toString()).toBe('archive of sample-20261126T150010Z-a\n');
    // More than a page was asked for, and nothing was refused.
    expect(stub.log.filter((line) => line.includes('start-after='))).not.toEqual([]);
    expect(stub.log.filter((line) => / 403$|[A-Z]\w+$/.test(line))).toEqual([]);
    const calls = readFileSync(path.join(hosts.fakes, 'curl.log'), 'utf8');
    expect(calls).not.toMatch(/AKID|VALUE/);
    expect(readFileSync(path.join(hosts.fakes, 'ssh.log'), 'utf8')).toMatch(/StrictHostKeyChecking=yes .*known_hosts .*nas\.example\.com/);
    expect(hosts.status('a')).toMatchObject({
      result: 'ok',
      target0: expect.stringMatching(`^ok\t${share}\t2026-11-26T15:00:10Z$`),
      target2: expect.stringMatching('^ok\ts3://bucket/some/where\t'),
    });
  });

  test('that fail do not keep others from being made', async () => {
    const { share, nas, copyTo } = places();
    mkdirSync(path.join(directory, 'fakes'));
    writeFileSync(path.join(directory, 'fakes/ssh.down'), '');
    const wrong = secretText.replace('VALUE', 'OTHER');
    const hosts = new BackupHosts(directory, { ...hourly, copyTo }, { 'backup-target-2': wrong });
    const { code, stderr } = await hosts.run('a');
    expect(code).toBe(1);
    expect(stderr).toContain(`no copy to ${share}: ${share} is not there: make or mount it on this host`);
    expect(stderr).toContain(`no copy to ssh://backup@nas.example.com:2222${nas}: Connection refused`);
    expect(stderr).toMatch(/no copy to s3:\/\/bucket\/some\/where: .*403.*SignatureDoesNotMatch/);
    expect(hosts.backups('a')).toHaveLength(2);
    expect(hosts.status('a')).toMatchObject({ result: 'failed', made: nameAt('20261126T150030Z', 'a'), failures: '1' });
    // What one host made is not made by the next, too: it is there.
    expect(await hosts.run('b')).toMatchObject({ code: 0, stdout: expect.stringContaining('was made by a') });
  });
});

test('a failure reaches the webhook, with the address in no argument', async () => {
  const got: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      got.push(body);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=T0K3N`;
  const hosts = new BackupHosts(directory, { ...hourly, webhook });
  hosts.write('a', 'broken', 'no "room"\\ at all\n');
  await hosts.run('a');
  await hosts.run('b');
  server.close();
  expect(got).toEqual([
    {
      cluster: 'sample',
      node: 'a',
      event: 'backup-failed',
      error: 'no backup was made: no "room"\\ at all',
      startedAt: '2026-11-26T15:00:30Z',
      failures: 1,
    },
  ]);
  expect(readFileSync(path.join(hosts.fakes, 'curl.log'), 'utf8')).not.toContain('T0K3N');
});

test('node_exporter is told when the last one was made, and whether the last run was well', async () => {
  const metrics = path.join(directory, 'metrics');
  mkdirSync(metrics);
  const hosts = new BackupHosts(directory, { ...hourly, metrics });
  const figures = () => {
    const lines = readFileSync(path.join(metrics, 'kcluster_backup.prom'), 'utf8').split('\n');
    return lines.filter((line) => !line.startsWith('#')).map((line) => line.replace(/^kcluster_backup_(\w+)\{cluster="sample"\}/, '$1'));
  };
  await hosts.run('a');
  const made = Date.parse('2026-11-26T15:00:30Z') / 1000;
  expect(figures()).toEqual([
    `last_success_timestamp_seconds ${made}`,
    `last_run_timestamp_seconds ${made}`,
    'last_run_ok 1',
    'failures 0',
    'size_bytes 37',
    '',
  ]);
  hosts.write('a', 'broken', 'no room\n');
  hosts.setClocks('2026-11-26T16:00:00Z');
  await hosts.run('a');
  expect(figures()).toEqual([
    `last_success_timestamp_seconds ${made}`,
    `last_run_timestamp_seconds ${made + 3570}`,
    'last_run_ok 0',
    'failures 1',
    'size_bytes 37',
    '',
  ]);
  expect(readdirSync(metrics)).toEqual(['kcluster_backup.prom']);
});
