import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openBackup } from '../../../src/backup/open-backup.ts';
import { sampleSnapshot } from '../../backup/support/sample-backup.ts';
import { FakeControlPlane, statusOf } from './fake-host.ts';

const asked = (host: FakeControlPlane): string => readFileSync(join(host.root, 'opt/kcluster/state/asked'), 'utf8').trim();
const archiveOf = (host: FakeControlPlane): string => join(host.target, host.left().find((name) => name.includes('.tar.')) ?? '');

describe.each(['dash', 'bash'])('under %s', (shell) => {
  test('makes a backup that reads back, for root alone, and leaves nothing else', async () => {
    using host = new FakeControlPlane();
    host.settings.INVENTORY = join(host.root, 'inventory');
    writeFileSync(host.settings.INVENTORY, 'name: demo\n');
    const { code, made, stderr, warnings } = await host.run(undefined, shell);
    expect([code, stderr, warnings, host.left()]).toEqual([0, '', [], [`${made}.json`, `${made}.tar.zst`]]);
    expect(made).toMatch(/^demo-\d{8}T\d{6}Z-cp-1$/);
    for (const name of host.left()) expect((statSync(join(host.target, name)).mode & 0o777).toString(8)).toBe('600');
    const { record, files } = await openBackup(archiveOf(host), { snapshotTo: join(host.root, 'out') });
    expect(record).toMatchObject({
      cluster: 'demo',
      node: 'cp-1',
      member: expect.stringMatching(/^m[13]$/),
      etcdClusterId: 'abc123',
      snapshot: { sizeBytes: sampleSnapshot().length, hash: 77, revision: 104, keys: 103 },
      versions: { kubernetes: '1.37.1', etcd: '3.7.3', 'kube-apiserver': '1.37.1' },
      members: ['1', '2', '3'].map((id) => ({ name: `m${id}`, id: `a${id}`, peerURLs: [`https://m${id}:2380`] })),
      archive: { compression: 'zstd', encryptedTo: [] },
    });
    expect([...files().keys()]).toEqual([
      'inventory.yaml',
      'host/etc/kubernetes/encryption-config.yaml',
      ...['apiserver-etcd-client.crt', 'apiserver-etcd-client.key', 'ca.crt', 'ca.key', 'etcd/ca.crt', 'sa.key'].map(
        (name) => `host/etc/kubernetes/pki/${name}`,
      ),
    ]);
    expect(readFileSync(join(host.root, 'out'))).toEqual(sampleSnapshot());
  });
});

describe.each(['dash', 'bash'])('with ids as etcd makes them, under %s', (shell) => {
  const ids = ['11c284d4ce0bca97', 'f9684459b79efe0d', '8e9e05c52164694d'];

  test.each([1, 2, 3])('the leader m%i is asked last, although it has come furthest', async (leads) => {
    using host = new FakeControlPlane();
    const leader = ids[leads - 1] ?? '';
    for (const [index, id] of ids.entries())
      host.state(`m${index + 1}.status`, statusOf({ id, leader, applied: id === leader ? 101 : 100 }));
    await host.run(undefined, shell);
    expect(asked(host)).toBe(leads === 1 ? 'm2' : 'm1');
  });
});

describe('chooses', () => {
  test('the follower that has come furthest', async () => {
    using host = new FakeControlPlane();
    host.state('m3.status', statusOf({ id: 'a3', leader: 'a2', applied: 200 }));
    await host.run();
    expect(asked(host)).toBe('m3');
  });

  test('the leader where nobody else is, never a learner', async () => {
    using host = new FakeControlPlane();
    host.state('m1.status', statusOf({ id: 'a1', leader: 'a2', learner: true }));
    host.forget('m3.status');
    const { warnings } = await host.run();
    expect([asked(host), warnings]).toEqual(['m2', ['https://m3:2379 does not answer: m3 is down']]);
  });

  test('the next one when one fails', async () => {
    using host = new FakeControlPlane();
    host.state('m1.fails', 'snapshot is broken\n');
    const { code, warnings } = await host.run();
    expect([code, asked(host), warnings]).toEqual([0, 'm3', ['no snapshot from https://m1:2379: snapshot is broken']]);
  });

  test('one without a leader when there is no other, and says so', async () => {
    using host = new FakeControlPlane();
    host.forget('m2.status');
    host.forget('m3.status');
    host.state('m1.status', statusOf({ id: 'a1', leader: '0', errors: '"etcdserver: no leader"' }));
    host.state('no-quorum', '');
    const { code, warnings } = await host.run();
    expect([code, warnings[0]]).toEqual([0, 'the member at https://m1:2379 sees no leader: its snapshot may lack the newest writes']);
  });

  test('any while etcd is full, which is said', async () => {
    using host = new FakeControlPlane();
    host.state('m1.status', statusOf({ id: 'a1', leader: 'a2', errors: '"memberID:1 alarm:NOSPACE "' }));
    expect(await host.run()).toMatchObject({ code: 0, warnings: [expect.stringContaining('alarm NOSPACE')] });
  });

  test('last one that has an alarm for wrong data', async () => {
    using host = new FakeControlPlane();
    host.state('m1.status', statusOf({ id: 'a1', leader: 'a2', errors: '"memberID:1 alarm:CORRUPT "' }));
    host.state('m3.status', statusOf({ id: 'a3', leader: 'a2', errors: '"memberID:1 alarm:CORRUPT "' }));
    await host.run();
    expect(asked(host)).toBe('m2');
  });
});

describe('leaves nothing and says why when', () => {
  const cases: readonly (readonly [string, number, RegExp, (host: FakeControlPlane) => void])[] = [
    [
      'no member answers',
      71,
      /no member of etcd answers/,
      (host) => {
        for (const id of ['1', '2', '3']) host.forget(`m${id}.status`);
      },
    ],
    [
      'no member gives a snapshot',
      73,
      /no member of etcd gave a snapshot/,
      (host) => {
        for (const id of ['1', '2', '3']) host.state(`m${id}.fails`, 'broken');
      },
    ],
    ['there is no room', 72, /has 0 MiB free, and a backup of this etcd needs/, (host) => host.program('df', "echo; echo 'x 1 1 44 1% /'")],
    ['the disk fills up while it is saved', 72, /ran out of room/, (host) => host.state('m1.fails', 'write: no space left on device')],
    [
      'the disk fills up while it is packed',
      75,
      /\(compress failed\); the disk may be full/,
      (host) => host.program('zstd', 'head -c 100; exit 1'),
    ],
    ['a file vanishes while it is packed', 75, /\(tar failed\)/, (host) => host.program('tar', 'exit 2')],
    ['etcdutl refuses the snapshot', 74, /etcdutl refuses the snapshot: snapshot file integrity/, (host) => host.state('refuses', '')],
    ['the snapshot is empty', 74, /empty: revision 1, 0 keys/, (host) => host.state('judged', '{"hash":1,"revision":1,"totalKey":0}')],
    ['the snapshot has no bytes', 74, /carries no digest/, (host) => host.state('snapshot.db', '')],
    ['the snapshot has no digest', 74, /carries no digest/, (host) => host.state('snapshot.db', Buffer.alloc(512))],
    [
      'it should encrypt and cannot',
      70,
      /age is not on this host/,
      (host) => {
        host.settings.RECIPIENTS = 'age1x';
      },
    ],
    [
      'settings are missing',
      70,
      /must be set/,
      (host) => {
        host.settings = {};
      },
    ],
    [
      'a name is none',
      70,
      /is not one/,
      (host) => {
        host.settings.NODE = 'a/b';
      },
    ],
    ['it is no control plane', 70, /no control plane/, (host) => writeFileSync(join(host.root, 'etc/kubernetes/pki/ca.key'), '')],
  ];

  test.each(cases)('%s', async (_, status, message, prepare) => {
    using host = new FakeControlPlane();
    prepare(host);
    const { code, failed, stderr, made } = await host.run();
    expect([code, made, host.left()]).toEqual([status, '', []]);
    expect(failed).toMatch(message);
    expect(stderr.trim().split('\n')).toContain(failed);
  });

  test('it is ended on the way', async () => {
    using host = new FakeControlPlane();
    host.state('slow', '');
    const { code } = await host.run((stop) => {
      const look = setInterval(() => {
        const [name = ''] = host.left();
        if (!existsSync(join(host.target, name, 'snapshot.db.part'))) return;
        clearInterval(look);
        stop();
      }, 10);
    });
    host.forget('slow');
    expect([code, host.left()]).toEqual([130, []]);
  });
});

test('encrypts to every recipient, and names it so', async () => {
  using host = new FakeControlPlane();
  host.settings.RECIPIENTS = 'age1a age1b';
  host.program('age', `echo "$@" >${host.root}/arguments; exec cat`);
  const { made } = await host.run();
  expect(readFileSync(join(host.root, 'arguments'), 'utf8').trim()).toBe('-r age1a -r age1b');
  expect(host.left()).toEqual([`${made}.json`, `${made}.tar.zst.age`]);
  expect(JSON.parse(readFileSync(join(host.target, `${made}.json`), 'utf8')).archive.encryptedTo).toEqual(['age1a', 'age1b']);
});

test('packs with gzip where there is no zstd', async () => {
  using host = new FakeControlPlane();
  // A PATH of this machine's programs, all but one.
  const programs = new Map<string, string>();
  for (const directory of (process.env.PATH ?? '').split(delimiter).toReversed())
    if (existsSync(directory)) for (const name of readdirSync(directory)) programs.set(name, join(directory, name));
  programs.delete('zstd');
  for (const [name, file] of programs) if (!existsSync(join(host.bin, name))) symlinkSync(file, join(host.bin, name));
  const path = process.env.PATH;
  process.env.PATH = host.bin;
  try {
    const { code, made } = await host.run(undefined, '/bin/dash');
    expect([code, host.left()]).toEqual([0, [`${made}.json`, `${made}.tar.gz`]]);
  } finally {
    process.env.PATH = path;
  }
  expect((await openBackup(archiveOf(host))).record.archive.compression).toBe('gzip');
});

test('several at once are several backups', async () => {
  using host = new FakeControlPlane();
  const outcomes = await Promise.all([host.run(), host.run(), host.run()]);
  expect(new Set(outcomes.map(({ made }) => made)).size).toBe(3);
  expect(host.left().length).toBe(6);
});

describe('what others left', () => {
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const own = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')[19];

  test.each<[string, string, boolean]>([
    ['of a run that goes on stays', `${process.pid} ${own} ${bootId}`, true],
    ['of a process that only has its number goes', `${process.pid} 1 ${bootId}`, false],
    ['of an earlier boot goes', `${process.pid} ${own} 0-0`, false],
    ['of a process that is gone goes', `4194305 1 ${bootId}`, false],
    ['of a run that has only begun stays', '', true],
  ])('%s', async (_, mark, stays) => {
    using host = new FakeControlPlane();
    const partial = join(host.target, '.demo-20200101T000000Z-cp-1.partial');
    mkdirSync(partial);
    if (mark !== '') writeFileSync(join(partial, 'pid'), `${mark}\n`);
    writeFileSync(join(host.target, 'demo-20200101T000000Z-cp-1.tar.zst'), 'no record was written');
    writeFileSync(join(host.target, 'other-20200101T000000Z-cp-1.tar.zst'), 'somebody put it there');
    await host.run();
    const left = host.left();
    expect([left.includes('.demo-20200101T000000Z-cp-1.partial'), left.includes('demo-20200101T000000Z-cp-1.tar.zst')]).toEqual([
      stays,
      stays,
    ]);
    expect(left).toContain('other-20200101T000000Z-cp-1.tar.zst');
  });
});

test('reads its settings from a file', async () => {
  using host = new FakeControlPlane();
  mkdirSync(join(host.root, 'etc/kcluster/backup'), { recursive: true });
  const lines = Object.entries(host.settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileSync(join(host.root, 'etc/kcluster/backup/settings'), lines.join(''));
  host.settings = {};
  expect(await host.run()).toMatchObject({ code: 0, made: expect.stringContaining('demo-') });
});

test('leaves out files whose names or sizes no backup can hold', async () => {
  using host = new FakeControlPlane();
  const pki = join(host.root, 'etc/kubernetes/pki');
  for (const name of ['with blank', '.hidden', 'huge']) writeFileSync(join(pki, name), name === 'huge' ? Buffer.alloc(1024 * 1024) : 'x');
  chmodSync(join(pki, 'huge'), 0o600);
  const { warnings } = await host.run();
  expect(warnings).toEqual([`${pki}/with blank has a name that no backup can hold`]);
  const names = [...(await openBackup(archiveOf(host))).files().keys()];
  expect(names.filter((name) => /blank|hidden|huge/.test(name))).toEqual([]);
  expect(readlinkSync(join(host.root, 'opt/kcluster/bin/etcdctl'))).toContain('3.7.3');
});
