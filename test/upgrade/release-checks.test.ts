import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/artifacts/catalogue.ts';
import { sample, three } from '../components/sample.ts';
import { backupOf, findingsOf, linesOf, type Situation } from './situation.ts';

const pinned = (components: Readonly<Record<string, string>>) =>
  sample(three, { components: Object.fromEntries(Object.entries(components).map(([name, version]) => [name, { version }])) });
const hop136: Situation = { from: '1.35.4', to: '1.36.5' };

describe('what goes together', () => {
  test.each<readonly [string, Readonly<Record<string, string>>, Situation, readonly string[]]>([
    ['what the catalogue chooses', {}, {}, []],
    ['containerd of a line that goes with it', { containerd: '2.3.5' }, {}, []],
    [
      'etcd of the minor before',
      { etcd: '3.6.16' },
      {},
      ['warning -: etcd 3.6.16 (a, b, c) is not among the releases that are known to go with Kubernetes 1.37'],
    ],
    [
      'etcd and containerd that are too old',
      { etcd: '3.5.33', containerd: '1.7.34' },
      hop136,
      [
        'error -: etcd 3.5.33 (a, b, c) does not go with Kubernetes 1.36',
        'error -: containerd 1.7.34 (a, b, c, w) does not go with Kubernetes 1.36',
      ],
    ],
    [
      'a line of containerd that is not known',
      { containerd: '9.1.0' },
      hop136,
      ['warning -: containerd 9.1.0 (a, b, c, w) is not among the releases that are known to go with Kubernetes 1.36'],
    ],
  ])('%s', (_, components, situation, lines) => {
    expect(linesOf('ComponentMatrix', pinned(components), situation)).toEqual(lines);
  });
});

test.each<readonly [string, readonly string[]]>([
  ['3.6.16', []],
  ['3.5.33', ['error -: https://e:2379 runs etcd 3.5.33, which does not go with Kubernetes 1.37']],
  ['', []],
])('an etcd of others that says %j', (version, lines) => {
  const givenEtcd = new Map([['https://e:2379', { healthy: true, version, fault: '' }]]);
  expect(linesOf('ComponentMatrix', sample(three), { seen: { a: { givenEtcd }, b: { givenEtcd } } })).toEqual(lines);
});

describe('releases that nobody should want', () => {
  const late = new Date('2028-01-01T00:00:00Z');
  test.each<readonly [string, Readonly<Record<string, string>>, Situation, readonly string[]]>([
    ['what the catalogue chooses', {}, {}, []],
    [
      'etcd with a known fault',
      { etcd: '3.7.0' },
      {},
      [
        'warning -: etcd 3.7.0 (a, b, c) has a known fault that 3.7.1 mends: a watch that shows more than its reader may see, and TLS handshakes that nobody ends (GHSA-xg4h-6gfc-h4m8, GHSA-6vch-q96h-7gc3)',
      ],
    ],
    ['the first etcd without it', { etcd: '3.7.1' }, {}, []],
    [
      'a line of containerd that ended',
      { containerd: '2.2.7' },
      hop136,
      ['warning -: containerd 2.2.7 (a, b, c, w) is of a line that got its last fixes on 2026-11-06'],
    ],
    ['runc of a line of which nothing is known', { runc: '1.5.2' }, {}, []],
    [
      'a minor that ended',
      {},
      { now: late },
      ['warning -: kube-apiserver 1.37.1 (a, b, c) is of a line that got its last fixes on 2027-10-28'],
    ],
  ])('%s', (_, components, situation, lines) => {
    expect(linesOf('ReleaseFloor', pinned(components), situation)).toEqual(lines);
  });
});

test.each<readonly [string, string, string]>([
  ['etcd', '3.5.32', '3.5.33'],
  ['etcd', '3.6.13', '3.6.14'],
  ['containerd', '1.7.32', '1.7.33'],
  ['containerd', '2.0.9', '2.0.10'],
  ['containerd', '2.2.4', '2.2.5'],
  ['containerd', '2.3.6', '2.3.7'],
  ['runc', '1.2.7', '1.2.8'],
  ['runc', '1.3.5', '1.3.6'],
  ['runc', '1.4.2', '1.4.3'],
])('%s %s has a fault that %s mends', (component, below, floor) => {
  const faults = (version: string): number =>
    linesOf('ReleaseFloor', pinned({ [component]: version }), hop136).filter((line) => line.includes(`known fault that ${floor} mends`))
      .length;
  expect([faults(below), faults(floor)]).toEqual([1, 0]);
});

test('what the catalogue chooses for any release is at no floor’s wrong side', () => {
  for (const [minor, { newest }] of Object.entries(catalogue.kubernetes))
    expect([minor, linesOf('ReleaseFloor', sample(three), { from: newest, to: newest })]).toEqual([minor, []]);
});

describe('releases that the catalogue does not know', () => {
  test.each<readonly [string, Situation, readonly string[]]>([
    ['none', {}, []],
    ['an older patch', { to: '1.37.0' }, []],
    [
      'a newer patch',
      { to: '1.37.9' },
      ['warning -: Kubernetes 1.37.9 is newer than 1.37.1, the newest that the catalogue knows: nobody tried it with this kcluster'],
    ],
    ['a later minor on the way', { to: '1.38.0', hops: ['1.37.1', '1.38.0'] }, ['error -: the catalogue does not know Kubernetes 1.38']],
  ])('%s', (_, situation, lines) => {
    expect(linesOf('ReleaseUnknown', sample(three), situation)).toEqual(lines);
  });

  test('cannot be waived', () => {
    const found = findingsOf(sample(three), { to: '1.38.0', hops: ['1.37.1', '1.38.0'] }, ['ReleaseUnknown']);
    expect(found).toMatchObject([{ id: 'ReleaseUnknown', severity: 'error', mandatory: true }]);
  });
});

describe('a backup', () => {
  const [today, before] = ['2026-11-20T06:00:00Z', '2026-11-18T06:00:00Z'];
  const old = backupOf('sample', '20261118T060000Z');
  const stale = (at: string): readonly string[] => [
    `warning -: the newest backup on the hosts and on this machine is of ${at}, older than a day`,
  ];
  const none = ['warning -: neither a host nor this machine has a backup'];
  test.each<readonly [string, ReadonlyMap<string, readonly string[]>, string | undefined, readonly string[]]>([
    ['of today on a host', backupOf('sample'), undefined, []],
    ['of today on this machine', new Map(), today, []],
    ['of today on this machine, with an older one on a host', old, today, []],
    ['of today on a host, with an older one on this machine', backupOf('sample'), before, []],
    ['of the day before yesterday on a host', old, undefined, stale(before)],
    ['of days before on both', old, '2026-11-17T06:00:00Z', stale(before)],
    ['of another cluster', backupOf('other'), undefined, none],
    ['nowhere', new Map(), undefined, none],
  ])('%s', (_, entries, ownBackup, lines) => {
    const seen = { a: { entries }, b: { entries: new Map() }, c: { entries: new Map() } };
    expect(linesOf('BackupAge', sample(three), { seen, ...(ownBackup === undefined ? {} : { ownBackup }) })).toEqual(lines);
  });
});
