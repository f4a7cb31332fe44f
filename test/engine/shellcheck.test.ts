import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { Action } from '../../src/engine/action.ts';
import { forgetScript, putBackScript } from '../../src/engine/actions/keep.ts';
import type { ConditionTest } from '../../src/engine/condition.ts';
import { writeConditionScript } from '../../src/engine/condition-script.ts';
import { targetScript, writeConnectScript } from '../../src/engine/connect-script.ts';
import { diskScript } from '../../src/engine/disk-latency.ts';
import { writeUsageScript } from '../../src/engine/etcd-usage.ts';
import { answerScript, writeHushScript, writeListenScript } from '../../src/engine/listen-script.ts';
import type { Probe } from '../../src/engine/probe.ts';
import { writeProbeScript } from '../../src/engine/probe-script.ts';
import { lockHosts } from '../../src/engine/run-lock.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { scriptOf } from './support/step-of.ts';

const path = "/etc/it's a file";
const root = { owner: 'root', group: 'root' };
const probes: readonly Probe[] = [
  { kind: 'file', path },
  { kind: 'empty-directory', path },
  { kind: 'empty-directory', path: '/b' },
  { kind: 'content', path },
  { kind: 'content', path: '/b' },
  { kind: 'kubeconfig-certificate', path },
  { kind: 'kubeconfig-certificate', path: '/b' },
  { kind: 'unit', unit: 'etcd.service' },
  { kind: 'user', name: 'etcd' },
  { kind: 'command', name: 'socat' },
  { kind: 'command', name: 'conntrack' },
  { kind: 'module', name: 'br_netfilter' },
  { kind: 'module', name: 'overlay' },
  { kind: 'sysctl', key: 'net.ipv4.ip_forward' },
  { kind: 'binary', path },
  { kind: 'binary', path: '/b' },
  { kind: 'images' },
  { kind: 'image-archives' },
  { kind: 'health', url: 'https://127.0.0.1:6443/readyz', caFile: '/etc/kubernetes/pki/ca.crt' },
  { kind: 'kube-nodes' },
  { kind: 'kube-objects', references: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'c', namespace: 'n' }] },
  { kind: 'kube-pods', node: 'a' },
  { kind: 'kube-pods', node: 'b' },
  { kind: 'kube-pod-counts' },
  { kind: 'kube-upgrade', others: ['https://192.0.2.1:6443/readyz'], caFile: path },
  { kind: 'deprecated-apis', auditLog: path },
  { kind: 'etcd' },
  { kind: 'etcd-through', endpoints: ['https://192.0.2.1:2379', 'https://192.0.2.2:2379'] },
  { kind: 'etcd-fsync' },
  { kind: 'start-time', unit: 'kube-apiserver.service' },
  { kind: 'facts' },
  { kind: 'listeners' },
  { kind: 'route', address: '10.0.0.1' },
  { kind: 'endpoint', host: "it's", port: 6443, path: '/readyz', caFile: path, serverName: 'kubernetes' },
  { kind: 'endpoint', host: '::1', port: 6443, path: '/readyz', caFile: path, authority: 'PEM', serverName: 'kubernetes' },
  { kind: 'entries', path },
  { kind: 'entries', path: '/b' },
];
const unit = (op: Extract<Action, { kind: 'unit' }>['op']): Action => ({
  kind: 'unit',
  unit: 'etcd.service',
  op,
  inputs: [path, '/b'],
  why: '',
});
const actions: readonly Action[] = [
  { kind: 'file', path, content: { text: 'text\n' }, mode: 0o644, ...root, expected: 'absent', why: '' },
  { kind: 'file', path, content: { text: 'no newline' }, mode: 0o644, ...root, expected: { sha256: 'aa' }, why: '' },
  { kind: 'etcd-add-member', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: ['https://192.0.2.1:2379'] },
  { kind: 'etcd-promote', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: ['https://192.0.2.1:2379'] },
  { kind: 'etcd-remove-member', id: 'beef', name: 'b', peerURL: 'https://192.0.2.2:2380', endpoints: ['https://192.0.2.1:2379'] },
  { kind: 'attributes', path, mode: 0o755, ...root, why: '' },
  { kind: 'directory', path, mode: 0o755, ...root },
  { kind: 'link', path, target: '/b', expected: { target: '/c' } },
  { kind: 'remove', path, expected: 'absent', why: '' },
  { kind: 'user', name: 'etcd', home: '/' },
  { kind: 'packages', manager: 'apt', names: ['socat'] },
  { kind: 'packages', manager: 'dnf', names: ['socat'] },
  { kind: 'packages', manager: 'apt', names: ['haproxy'], services: ['haproxy.service'] },
  { kind: 'module', name: 'overlay' },
  { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '1', was: '0' },
  { kind: 'binary', component: 'etcd', version: '3', name: 'etcd', path, sha256: 'aa', sizeBytes: 1 },
  { kind: 'image', reference: 'pause', sha256: 'bb', sizeBytes: 1 },
  { kind: 'image-archive', reference: 'pause', sha256: 'bb', sizeBytes: 1 },
  { kind: 'issue', entry: { request: { id: 'etcd-server' } as never, files: [{ path, part: 'key', mode: 0o600, ...root }] }, why: '' },
  { kind: 'daemon-reload' },
  unit('enable'),
  unit('start'),
  unit('restart'),
  unit('reload'),
  unit('stop'),
  { kind: 'unit-end', unit: 'etcd.service' },
  { kind: 'pods-end' },
  { kind: 'containers-end' },
  { kind: 'network-end' },
  { kind: 'take-away', of: 'file', path: '/etc/systemd/logind.conf.d/99-kubelet.conf' },
  { kind: 'take-away', of: 'binary', path: '/opt/kcluster/etcd/3/etcd' },
  { kind: 'take-away', of: 'binary', path: '/opt/kcluster/etcd/2/etcd', unlessUsed: true },
  { kind: 'take-away', of: 'directory', path },
  { kind: 'take-away', of: 'data', path },
  { kind: 'take-away', of: 'data', path, was: '755 root:root' },
  { kind: 'set-aside', path: '/var/lib/etcd', to: '/var/lib/etcd.kept', within: '/var/lib/etcd/kcluster-kept-1' },
  { kind: 'user-end', name: 'etcd' },
  { kind: 'sysctl-back', key: 'net.ipv4.ip_forward', value: '0' },
  { kind: 'host-end' },
  { kind: 'kube-apply', objects: [{ kind: 'Node', metadata: { name: 'n1' } }], why: '' },
  { kind: 'kube-cordon', node: 'n1', on: true },
  { kind: 'kube-drain', node: 'n1', timeoutSeconds: 300, force: true, notesWorkloads: true },
  { kind: 'kube-delete-node', node: 'n1', uid: 'u' },
  {
    kind: 'kube-taints',
    node: 'n1',
    set: [{ key: 'a', value: 'b', effect: 'NoSchedule' }],
    remove: [{ key: 'c', value: '', effect: 'NoExecute' }],
  },
];
/** In a script of their own, since shellcheck loses sight of functions that are written twice. */
const careActions: readonly Action[] = [
  { kind: 'etcd-move-leader', to: 'beef', toName: 'b' },
  { kind: 'etcd-compact', keepRevisions: 100, timeoutSeconds: 60 },
  { kind: 'etcd-defrag', id: 'a', name: 'a', sizeBytes: 2, inUseBytes: 1, leastGainBytes: 1, isAlone: false, timeoutSeconds: 60 },
  { kind: 'etcd-disarm', endpoints: ['https://192.0.2.1:2379'] },
];
const keep = { kind: 'keep', name: 'etcd-run-1.37.1', paths: [path, '/b'], units: ['etcd.service'] } satisfies Action;
const conditions: readonly ConditionTest[] = [
  { kind: 'http', url: 'https://127.0.0.1/', caFile: path, unit: 'etcd.service' },
  { kind: 'unit-active', unit: 'etcd.service' },
  { kind: 'socket', path, unit: 'etcd.service' },
  { kind: 'etcd-caught-up', endpoints: ['https://192.0.2.1:2379'], unit: 'etcd.service' },
  { kind: 'nodes-ready', nodes: ['a', 'b'] },
  { kind: 'deployment-available', name: 'kube-system/coredns' },
  { kind: 'node-drained', node: 'n1', force: false },
  { kind: 'workloads-back', node: 'n1' },
];

async function lockScript(): Promise<string> {
  const host = new FakeHost('a').on(/flock/, { code: 75 });
  await lockHosts(new Map([['a', host]]), "it's me", () => undefined).catch(() => undefined);
  return host.sent[0]?.script ?? '';
}

/**
 * Findings that are meant: os-release is read where it is, `mkdir -p -m` is for the last directory, the fields of
 * an answer are split on purpose, and a script that is given to another shell is quoted,
 * as are the variables of a template.
 */
const meantBy: Readonly<Record<string, string>> = {
  'awaiting deployment-available': 'SC2086',
  'awaiting node-drained': 'SC2016',
  listening: 'SC2016',
  'measuring a disk': 'SC2016',
};
const meantOf = (name: string): string => ['SC1091', 'SC2174', ...(meantBy[name] === undefined ? [] : [meantBy[name]])].join();

const scripts: readonly (readonly [string, () => string | Promise<string>])[] = [
  ['a look with every probe', () => writeProbeScript(probes)],
  ['a step with every action', () => scriptOf(...actions)],
  ['a step that cares for etcd', () => scriptOf(...careActions)],
  ['a step that keeps what it replaces', () => scriptOf(keep, unit('restart'))],
  ['putting back what was kept', () => putBackScript(keep)],
  ['forgetting what was kept', () => forgetScript(keep)],
  ...conditions.map((condition) => [`awaiting ${condition.kind}`, () => writeConditionScript(condition)] as const),
  ['the lock', lockScript],
  ['listening', () => writeListenScript('2001:db8::1', [2379, 2380])],
  ['what a listener answers', () => answerScript],
  ['the end of listening', () => writeHushScript(7)],
  ['trying paths', () => writeConnectScript([{ address: '10.0.0.1', ports: [2379, 2380] }])],
  ['trying one target', () => targetScript],
  ['measuring a disk', () => diskScript],
  ['counting keys', () => writeUsageScript('/registry')],
];

const isInstalled = spawnSync('shellcheck', ['--version']).error === undefined;

// On a machine without shellcheck this tier still runs; in CI it must be there.
test.skipIf(!isInstalled && process.env.CI === undefined).each(scripts)('shellcheck finds nothing: %s', async (name, write) => {
  const script = await write();
  expect(script).not.toBe('');
  const { stdout, error } = spawnSync('shellcheck', ['--shell=dash', `--exclude=${meantOf(name)}`, '--format=gcc', '-'], {
    input: script,
    encoding: 'utf8',
  });
  expect(error).toBeUndefined();
  expect(stdout).toBe('');
});

test.each(scripts)('the shells can read it: %s', async (_, write) => {
  const script = await write();
  for (const [command, ...args] of [
    ['/bin/sh', '-n'],
    ['bash', '--posix', '-n'],
  ] as const) {
    expect(spawnSync(command, args, { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  }
});
