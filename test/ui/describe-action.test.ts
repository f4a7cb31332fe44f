import { describe, expect, test } from 'vitest';
import type { Action, ActionKind } from '../../src/engine/action.ts';
import { describeAction, markAction } from '../../src/ui/describe-action.ts';
import { binary, file, start } from './recorded-runs.ts';

const access = { mode: 0o600, owner: 'etcd', group: 'etcd' };
const sha256 = 'a'.repeat(64);
const entry = {
  files: [
    { path: '/etc/etcd/pki/server.crt', part: 'certificate', ...access },
    { path: '/etc/etcd/pki/server.key', part: 'key', ...access },
  ],
  request: { id: 'etcd-server', ca: 'etcd-ca' },
} as unknown as Extract<Action, { kind: 'issue' }>['entry'];

/** The keys make a kind without an example a type error. */
const examples: { readonly [K in ActionKind]: readonly (readonly [Extract<Action, { kind: K }>, string])[] } = {
  file: [
    [file as Extract<Action, { kind: 'file' }>, '+ write /etc/systemd/system/etcd.service (0644 root:root), 7 B: not there yet'],
    [
      { kind: 'file', path: '/a', content: { secret: 'ca.key' }, ...access, expected: { sha256 }, why: 'content differs' },
      '~ write /a (0600 etcd:etcd), secret ca.key: content differs',
    ],
  ],
  attributes: [[{ kind: 'attributes', path: '/a', ...access, why: 'mode is 0644' }, '~ set /a to (0600 etcd:etcd): mode is 0644']],
  directory: [[{ kind: 'directory', path: '/var/lib/etcd', ...access, mode: 0o700 }, '+ make directory /var/lib/etcd (0700 etcd:etcd)']],
  link: [
    [{ kind: 'link', path: '/b', target: '/c', expected: 'absent' }, '+ link /b -> /c'],
    [{ kind: 'link', path: '/b', target: '/c', expected: { target: '/d' } }, '~ link /b -> /c'],
  ],
  remove: [[{ kind: 'remove', path: '/a', expected: { sha256 }, why: 'no longer wanted' }, '- remove /a: no longer wanted']],
  user: [[{ kind: 'user', name: 'etcd', home: '/var/lib/etcd' }, '+ make system user etcd, home /var/lib/etcd']],
  packages: [
    [{ kind: 'packages', manager: 'apt', names: ['nftables', 'socat'] }, '+ install nftables, socat with apt'],
    [
      { kind: 'packages', manager: 'dnf', names: ['haproxy', 'nftables'], services: ['haproxy.service'] },
      '+ install haproxy, nftables with dnf; haproxy.service stays off',
    ],
  ],
  module: [[{ kind: 'module', name: 'br_netfilter' }, '+ load kernel module br_netfilter']],
  sysctl: [
    [{ kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1', was: '0' }, '~ set net.ipv4.ip_forward = 1 (was 0)'],
    [{ kind: 'sysctl', key: 'a.b', value: '1', was: '' }, '~ set a.b = 1 (was unset)'],
  ],
  binary: [[binary as Extract<Action, { kind: 'binary' }>, '+ install etcd 3.6.16 as /opt/kcluster/etcd/3.6.16/etcd (25 MiB)']],
  image: [
    [
      { kind: 'image', reference: 'registry.k8s.io/pause:3.10', sha256, sizeBytes: 2048 },
      '+ import image registry.k8s.io/pause:3.10 (2.0 KiB)',
    ],
    [
      { kind: 'image', reference: 'registry.k8s.io/pause:3.10', sha256, sizeBytes: 2048, isStaged: true },
      '+ import image registry.k8s.io/pause:3.10 (staged)',
    ],
  ],
  snapshot: [
    [
      { kind: 'snapshot', path: '/var/lib/kcluster/restore/aa.db', sha256, sizeBytes: 2048 },
      '+ send the snapshot to /var/lib/kcluster/restore/aa.db (2.0 KiB)',
    ],
  ],
  'restore-stage': [
    [
      {
        kind: 'restore-stage',
        aim: {
          id: '20260101T000000-abcdef',
          backup: 'prod-20260101T000000Z-cp1',
          snapshot: { sha256, sizeBytes: 2048, hash: 1, revision: 42, keys: 7 },
          bumpRevision: 1_000_000_000,
          members: { cp1: 'https://10.0.0.1:2380' },
        },
        name: 'cp1',
        path: '/var/lib/kcluster/restore/aa.db',
        program: '/opt/kcluster/etcd/3.7.1/etcdutl',
      },
      '+ check the snapshot, and make the data of cp1 from it beside the data in use (prod-20260101T000000Z-cp1, revision 42)',
    ],
  ],
  keep: [
    [
      { kind: 'keep', name: 'kubelet-run-w1-1.37.1', paths: ['/opt/kcluster/bin/kubelet'], units: ['kubelet.service'] },
      '~ keep what kubelet.service runs with, for the way back',
    ],
    [
      { kind: 'keep', name: 'kubelet-run-w1-1.37.1', paths: [], units: ['kubelet.service'], unfinished: true },
      '~ finish the restart of kubelet.service that was cut off; what ran before is kept, for the way back',
    ],
  ],
  halt: [[{ kind: 'halt', units: ['a.service', 'b.service'], why: 'nobody may write' }, '! stop a.service, b.service: nobody may write']],
  'restore-switch': [
    [{ kind: 'restore-switch', id: '2026-ab' }, '~ keep the data in use as /var/lib/etcd/replaced-2026-ab, use the restored data'],
  ],
  'image-archive': [
    [
      { kind: 'image-archive', reference: 'registry.k8s.io/pause:3.10', sha256, sizeBytes: 2048 },
      '+ stage image registry.k8s.io/pause:3.10 (2.0 KiB)',
    ],
  ],
  issue: [
    [
      { kind: 'issue', entry, why: 'expires in 20 days' },
      '+ issue certificate etcd-server to /etc/etcd/pki/server.crt, /etc/etcd/pki/server.key: expires in 20 days',
    ],
  ],
  'daemon-reload': [[{ kind: 'daemon-reload' }, '~ make systemd read its unit files']],
  unit: [
    [start as Extract<Action, { kind: 'unit' }>, '+ start etcd.service: not running'],
    [{ kind: 'unit', unit: 'a.service', op: 'enable', inputs: [], why: '' }, '+ enable a.service'],
    [{ kind: 'unit', unit: 'a.service', op: 'reload', inputs: [], why: 'a.conf changes' }, '~ reload a.service: a.conf changes'],
    [{ kind: 'unit', unit: 'a.service', op: 'restart', inputs: [], why: 'its flags changed' }, '! restart a.service: its flags changed'],
    [{ kind: 'unit', unit: 'a.service', op: 'stop', inputs: [], why: '' }, '- stop a.service'],
    [{ kind: 'unit', unit: 'a.service', op: 'disable', inputs: [], why: '' }, '- disable a.service'],
  ],
  'kube-cordon': [
    [{ kind: 'kube-cordon', node: 'w1', on: true }, '~ cordon w1: it takes no new pods'],
    [{ kind: 'kube-cordon', node: 'w1', on: false }, '~ uncordon w1: it takes pods again'],
  ],
  'kube-drain': [
    [{ kind: 'kube-drain', node: 'w1', timeoutSeconds: 300, force: false }, '! evict the pods of w1, for at most 5m00s'],
    [
      { kind: 'kube-drain', node: 'w1', timeoutSeconds: 15, force: true },
      '! evict the pods of w1, for at most 15s; pods without a controller are deleted',
    ],
  ],
  'kube-delete-node': [[{ kind: 'kube-delete-node', node: 'w1', uid: 'u-1' }, '- delete Node w1 from the cluster (UID u-1)']],
  'kube-taints': [
    [
      {
        kind: 'kube-taints',
        node: 'w1',
        set: [{ key: 'disk', value: 'ssd', effect: 'NoSchedule' }],
        remove: [{ key: 'old', value: '', effect: 'NoExecute' }],
      },
      '~ taints of w1: set disk=ssd:NoSchedule, take away old:NoExecute',
    ],
  ],
  'etcd-add-member': [
    [
      { kind: 'etcd-add-member', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: [] },
      '+ add b (https://192.0.2.2:2380) to etcd as a learner',
    ],
  ],
  'etcd-remove-member': [
    [
      { kind: 'etcd-remove-member', id: 'beef', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: [] },
      '- remove b (https://192.0.2.2:2380) from etcd',
    ],
    [
      { kind: 'etcd-remove-member', id: 'beef', name: '', peerURL: 'https://192.0.2.2:2380', endpoints: [] },
      '- remove beef (https://192.0.2.2:2380) from etcd',
    ],
  ],
  'etcd-move-leader': [[{ kind: 'etcd-move-leader', to: 'beef', toName: 'b' }, '~ let b lead etcd']],
  'etcd-compact': [
    [
      { kind: 'etcd-compact', keepRevisions: 100, timeoutSeconds: 60 },
      "- compact etcd's history: what came before the newest 100 revisions",
    ],
  ],
  'etcd-defrag': [
    [
      {
        kind: 'etcd-defrag',
        id: 'beef',
        name: 'b',
        sizeBytes: 3 * 1024 ** 3,
        inUseBytes: 1.5 * 1024 ** 3,
        leastGainBytes: 1,
        isAlone: false,
        timeoutSeconds: 660,
      },
      '~ defragment etcd of b: 3.0 GiB to about 1.5 GiB, in about 15s',
    ],
  ],
  'etcd-disarm': [[{ kind: 'etcd-disarm', endpoints: [] }, '~ take the alarm NOSPACE away, once every member is well below its quota']],
  'etcd-promote': [
    [{ kind: 'etcd-promote', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: [] }, '~ promote b to a voting member of etcd'],
  ],
  'unit-end': [[{ kind: 'unit-end', unit: 'etcd.service' }, '- stop and disable etcd.service']],
  'pods-end': [[{ kind: 'pods-end' }, '- stop all containers and remove all pods']],
  'containers-end': [[{ kind: 'containers-end' }, '- end what is left of containers: processes, shims, network namespaces']],
  'network-end': [[{ kind: 'network-end' }, '- remove routes, interfaces and packet filter rules of pods, services and the kubelet']],
  'take-away': [
    [{ kind: 'take-away', of: 'file', path: '/a' }, '- remove /a'],
    [{ kind: 'take-away', of: 'binary', path: '/a', unlessUsed: true }, '- remove /a, unless something uses it'],
    [{ kind: 'take-away', of: 'directory', path: '/a' }, '- remove directory /a if it is empty'],
    [{ kind: 'take-away', of: 'data', path: '/a' }, '- remove /a with everything in it'],
    [{ kind: 'take-away', of: 'data', path: '/a', was: '755 root:root' }, '~ empty /a, which was there before (755 root:root)'],
  ],
  'set-aside': [
    [
      { kind: 'set-aside', path: '/a', to: '/a.kept', within: '/a/kept' },
      '~ keep /a as /a.kept, or as /a/kept when it is a mount of its own',
    ],
  ],
  'user-end': [[{ kind: 'user-end', name: 'etcd' }, '- remove system user and group etcd']],
  'sysctl-back': [[{ kind: 'sysctl-back', key: 'a.b', value: '0' }, '~ set a.b back to 0']],
  'host-end': [[{ kind: 'host-end' }, "- remove kcluster's own records of this host"]],
  'kube-apply': [
    [
      {
        kind: 'kube-apply',
        objects: [
          { kind: 'ServiceAccount', metadata: { name: 'coredns', namespace: 'kube-system' } },
          { kind: 'ClusterRole', metadata: { name: 'dns' } },
        ],
        why: 'differs',
      },
      '~ apply 2 objects to the cluster (ServiceAccount kube-system/coredns, ClusterRole dns): differs',
    ],
    [
      { kind: 'kube-apply', objects: ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => ({ kind: 'Pod', metadata: { name } })), why: '' },
      '~ apply 6 objects to the cluster (Pod a, Pod b, Pod c, Pod d and 2 more)',
    ],
  ],
};

describe('an action in one line', () => {
  test.each(
    Object.values(examples)
      .flat()
      .map(([action, line]) => ({ action: action as Action, line })),
  )('$line', ({ action, line }) => {
    expect(`${markAction(action)} ${describeAction(action)}`).toBe(line);
  });

  test('is one line and free of control characters, whatever the host said', () => {
    const line = describeAction({ kind: 'sysctl', key: 'a', value: '1', was: '0\n\u001b[31m9' });
    expect(line).toBe('set a = 1 (was 0 9)');
  });

  test('never shows contents of a file', () => {
    expect(describeAction({ ...(file as Extract<Action, { kind: 'file' }>), content: { text: 'PASSWORD' } })).not.toContain('PASSWORD');
  });
});
