import { describe, expect, test } from 'vitest';
import { endsCluster, judgeReset, type ResetHost, type ResetQuestion } from '../../src/app/judge-reset.ts';
import type { Cluster, Role } from '../../src/cluster/cluster.ts';
import type { Manifest, OwnedThing } from '../../src/engine/kinds/ownership.ts';

const etcd: OwnedThing = { kind: 'unit', name: 'etcd.service' };
const manifest = (things: readonly OwnedThing[], cluster = 'prod'): Manifest => ({
  apiVersion: 'kcluster/v1alpha1',
  kind: 'Ownership',
  cluster,
  things,
});
const host = (things: readonly OwnedThing[] = [], authority: string | undefined = 'ours'): ResetHost => ({
  manifest: manifest(things),
  authority,
});
const clean: ResetHost = { manifest: undefined, authority: undefined };
const node = (name: string, ...roles: readonly Role[]) => ({ name, roles });
const cluster = {
  name: 'prod',
  nodes: [node('a', 'control-plane', 'etcd'), node('b', 'control-plane', 'etcd'), node('c', 'etcd'), node('w', 'worker')],
} as unknown as Cluster;

const living = { a: host([etcd]), b: host([etcd]), c: host([etcd]), w: host() };
function ask(
  targets: readonly string[],
  hosts: Readonly<Record<string, ResetHost>> = living,
  more: Partial<ResetQuestion> = {},
): ResetQuestion {
  return { cluster, targets: new Set(targets), hosts: new Map(Object.entries(hosts)), authority: 'ours', members: undefined, ...more };
}
const drawn = (question: ResetQuestion): string[] => judgeReset(question).map(({ id, node: at }) => `${id} ${at}`);

describe('members of etcd', () => {
  test.each<readonly [string, readonly string[], Readonly<Record<string, ResetHost>>, readonly string[] | undefined, readonly string[]]>([
    ['a worker may go', ['w'], living, undefined, []],
    ['all nodes may go', ['a', 'b', 'c', 'w'], living, undefined, []],
    ['all members may go', ['a', 'b', 'c'], living, undefined, []],
    ['one member may not', ['a'], living, undefined, ['EtcdMember a']],
    ['two members may not', ['c', 'b', 'w'], living, undefined, ['EtcdMember b', 'EtcdMember c']],
    ['a member may not while others do not answer', ['a', 'w'], { a: host([etcd]), w: host() }, undefined, ['EtcdMember a']],
    ['a member may when the others are clean', ['a'], { ...living, b: clean, c: clean }, undefined, []],
    ['a node where nothing is may', ['a'], { ...living, a: clean }, undefined, []],
    ['a node where etcd never came may', ['a'], { ...living, a: host() }, undefined, []],
    ['one that etcd no longer lists may', ['a'], living, ['b', 'c'], []],
    ['one that etcd still lists may not', ['a'], living, ['a', 'b', 'c'], ['EtcdMember a']],
  ])('%s', (_, targets, hosts, members, expected) => {
    expect(drawn(ask(targets, hosts, { members: members && new Set(members) }))).toEqual(expected);
  });

  test('the remedy is a command', () => {
    expect(judgeReset(ask(['a']))).toMatchObject([
      {
        severity: 'error',
        message: 'its etcd member belongs to a cluster that goes on without it on b, c',
        remedy: 'take it out first: kcluster nodes remove a; or reset all nodes, which ends the cluster',
      },
    ]);
  });
});

describe('whose host it is', () => {
  const other = { manifest: manifest([], 'theirs'), authority: 'theirs' };
  test.each<readonly [string, Readonly<Record<string, ResetHost>>, string | undefined, readonly string[]]>([
    ['another cluster by name', { w: other }, 'ours', ['ForeignHost w']],
    ['another cluster of the same name', { w: host([], 'theirs') }, 'ours', ['ForeignAuthority w']],
    ['nobody kept the authority: the first host decides', { a: host(), b: host([], 'theirs') }, undefined, ['ForeignAuthority b']],
    ['the authority is gone already, after a reset that was killed', { w: host([], undefined) }, 'ours', []],
    ['nothing of kcluster is there', { w: { manifest: undefined, authority: 'theirs' } }, 'ours', []],
  ])('%s', (_, hosts, authority, expected) => {
    expect(drawn(ask(Object.keys(hosts), { ...hosts, c: clean }, { authority }))).toEqual(expected);
  });

  test('hosts that are left alone may be anybody’s', () => {
    expect(drawn(ask(['w'], { w: host(), a: other }))).toEqual([]);
  });

  test('it is said whose it is', () => {
    expect(judgeReset(ask(['w'], { w: other }))[0]?.message).toBe('the host belongs to cluster theirs, not to prod');
  });
});

describe('what a manifest may list', () => {
  const data = (name: string): OwnedThing => ({ kind: 'directory', name, data: true });
  test.each<OwnedThing>([
    { kind: 'file', name: '/' },
    { kind: 'file', name: '/etc' },
    { kind: 'file', name: 'etc/passwd' },
    { kind: 'file', name: '/etc/../bin/sh' },
    { kind: 'file', name: '/etc/./sh' },
    { kind: 'file', name: '/etc//sh' },
    { kind: 'directory', name: '/etc/a b' },
    { kind: 'link', name: '/etc/$(id)' },
    data('/var/lib'),
    data('/etc/kubernetes'),
    data('/home/jane'),
    data('/var/lib/..'),
    data('/opt'),
  ])('refused: %j', (thing) => {
    expect(drawn(ask(['w'], { w: host([thing]) }))).toEqual(['OddPath w']);
  });

  test.each<OwnedThing>([
    { kind: 'file', name: '/etc/crictl.yaml' },
    { kind: 'file', name: '/var/lib/x/.hidden' },
    { kind: 'binary', name: '/opt/kcluster/etcd/3.6.1/etcd' },
    { kind: 'user', name: 'etcd' },
    { kind: 'sysctl', name: 'net.ipv4.ip_forward', was: '0' },
    data('/var/lib/etcd'),
    data('/run/containerd'),
    data('/opt/kcluster'),
    data('/var/log/kubernetes/audit'),
  ])('accepted: %j', (thing) => {
    expect(drawn(ask(['w'], { w: host([thing]) }))).toEqual([]);
  });
});

test.each([
  [['a', 'b', 'c', 'w'], true],
  [['a', 'b', 'c'], true],
  [['a', 'b', 'w'], false],
  [['w'], false],
])('whether resetting %j ends the cluster: %s', (targets, ends) => {
  expect(endsCluster(ask(targets))).toBe(ends);
});

test('a cluster that never had an etcd does not end', () => {
  expect(endsCluster(ask(['a', 'b', 'c', 'w'], { w: host() }))).toBe(false);
});
