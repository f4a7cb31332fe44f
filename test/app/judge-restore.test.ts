import { beforeAll, describe, expect, test } from 'vitest';
import { type BackupSeen, judgeRestore, type RestoreQuestion, secretsOfBackup } from '../../src/app/judge-restore.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { readInventory } from './support/mirrored-inventory.ts';

const config = (...keys: readonly string[]): string =>
  `resources:\n  - providers:\n${keys.map((key) => `      - secretbox: { keys: [{ name: k, secret: ${key} }] }\n`).join('')}`;
const keyOf = (letter: string): string => `${letter.repeat(43)}=`;
const encryptionFile = 'host/etc/kubernetes/encryption-config.yaml';
const own = 'ab'.repeat(32);
const backup: BackupSeen = {
  name: 'prod-20260101T000000Z-cp1',
  cluster: 'prod',
  clusterId: own,
  versions: { etcd: '3.7.1', kubernetes: '1.37.1' },
  files: new Map([
    [encryptionFile, Buffer.from(config(keyOf('A')))],
    ['host/etc/kubernetes/pki/ca.crt', Buffer.from('certificate')],
    ['inventory.yaml', Buffer.from('kind: Inventory')],
  ]),
};

let cluster: Cluster;
beforeAll(async () => {
  cluster = await readInventory('three-control-planes.yaml');
});
const judge = (change: Partial<RestoreQuestion> = {}): readonly string[] =>
  judgeRestore({
    cluster,
    versions: { etcd: '3.7.2', kubernetes: '1.37.0' },
    backup,
    secrets: new Map([['ca.crt', own]]),
    encryption: config(keyOf('A')),
    adopt: false,
    ...change,
  }).map(({ message }) => message);

test('a backup of this cluster may be restored, with newer patches too', () => {
  expect(judge()).toEqual([]);
});

describe('identity', () => {
  test('a backup of another cluster is refused, with --adopt as well', () => {
    for (const adopt of [false, true])
      expect(judge({ secrets: new Map([['ca.crt', 'cd'.repeat(32)]]), adopt })).toEqual([expect.stringContaining('another cluster')]);
  });

  test('where there is no cluster, becoming one must be wanted', () => {
    expect(judge({ secrets: new Map(), encryption: undefined })).toEqual([expect.stringContaining('neither the hosts nor this machine')]);
    expect(judge({ secrets: new Map(), encryption: undefined, adopt: true })).toEqual([]);
  });
});

describe('encryption at rest', () => {
  test.each([
    ['the same key among others', config(keyOf('B'), keyOf('A')), []],
    ['another key', config(keyOf('B')), [expect.stringContaining('encrypted with a key that this cluster no longer has')]],
  ])('%s', (_, encryption, wanted) => {
    expect(judge({ encryption })).toEqual(wanted);
  });

  test('a backup without its key is refused', () => {
    expect(judge({ backup: { ...backup, files: new Map() } })).toEqual([expect.stringContaining('no key of encryption at rest')]);
  });
});

test.each([
  ['etcd', '3.8.0'],
  ['kubernetes', '1.38.2'],
])('data of a newer %s is not given to an older one', (name, version) => {
  expect(judge({ backup: { ...backup, versions: { ...backup.versions, [name]: version } } })).toEqual([
    expect.stringContaining(`made with ${name} ${version}`),
  ]);
});

test('an etcd that others run is theirs to restore', () => {
  const given = { endpoints: ['https://192.0.2.9:2379'], caFile: '/a', certFile: '/b', keyFile: '/c' };
  expect(judge({ cluster: { ...cluster, etcd: { topology: 'external', given } } })).toEqual([expect.stringContaining('run by others')]);
});

test('secrets are found by the files that hold them', () => {
  expect([...secretsOfBackup(backup)]).toEqual([
    ['ca.crt', 'certificate'],
    ['encryption-config.yaml', config(keyOf('A'))],
  ]);
});
