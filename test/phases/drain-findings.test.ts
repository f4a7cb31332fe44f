import { describe, expect, test } from 'vitest';
import type { KubePodsSeen, PodSeen } from '../../src/engine/kube-pods.ts';
import { drainFindings, podsToEvict } from '../../src/phases/drain-findings.ts';

const owned = { kind: 'ReplicaSet', name: 'web-1' };
const pod = (name: string, more: Partial<PodSeen> = {}): PodSeen => ({
  namespace: 'd',
  name,
  phase: 'Running',
  labels: { app: 'web' },
  controller: owned,
  hasEmptyDir: false,
  isMirror: false,
  ...more,
});
const { controller: _, ...bare } = pod('bare');
const daemon = pod('agent', { controller: { kind: 'DaemonSet', name: 'agent' }, labels: {}, hasEmptyDir: true });
const mirror = pod('etcd-w1', { controller: { kind: 'Node', name: 'w1' }, isMirror: true, labels: {} });
const budget = (name: string, disruptionsAllowed: number, app = 'web', namespace = 'd') => ({
  namespace,
  name,
  disruptionsAllowed,
  selector: { matchLabels: { app } },
});

const seeing = (pods: readonly PodSeen[], more: Partial<KubePodsSeen> = {}): KubePodsSeen => ({
  pods: new Map([
    ['w1', pods],
    ['w2', [pod('elsewhere', { hasEmptyDir: true }), { ...bare, name: 'bare-elsewhere' }]],
  ]),
  budgets: [],
  singles: new Set(),
  ...more,
});
const found = (seen: KubePodsSeen, force = false): readonly string[] =>
  drainFindings('w1', seen, force).map(({ id, severity, message }) => `${severity} ${id}: ${message}`);

test.each<readonly [string, KubePodsSeen, readonly string[]]>([
  ['an empty node', seeing([]), []],
  ['a node that was not asked about', { pods: new Map(), budgets: [], singles: new Set() }, []],
  ['pods that somebody makes again', seeing([pod('a'), pod('b')]), []],
  ["mirrored pods are the kubelet's", seeing([{ ...mirror, hasEmptyDir: true }]), []],
  ['a bare pod', seeing([pod('a'), bare]), ['error DrainBarePods: pods without a controller, which nobody makes again: d/bare']],
  [
    'a bare pod that has finished',
    seeing([
      { ...bare, phase: 'Succeeded' },
      { ...bare, name: 'b2', phase: 'Failed' },
    ]),
    [],
  ],
  [
    'data in emptyDir',
    seeing([pod('b', { hasEmptyDir: true }), pod('a', { hasEmptyDir: true })]),
    ['warning DrainEmptyDir: data in emptyDir volumes is lost: d/a, d/b'],
  ],
  ['data in emptyDir of a pod that has finished', seeing([pod('a', { hasEmptyDir: true, phase: 'Succeeded' })]), []],
  ['pods of DaemonSets, whatever they hold', seeing([daemon]), ['warning DrainDaemonSet: pods of DaemonSets stay: d/agent']],
  [
    'a workload of one replica, once',
    seeing([pod('a'), pod('b')], { singles: new Set(['ReplicaSet/d/web-1', 'ReplicaSet/x/web-1']) }),
    ['warning DrainSingleReplica: workloads of one replica are away until it runs elsewhere: ReplicaSet/d/web-1'],
  ],
  ['a workload of one replica in another namespace', seeing([pod('a')], { singles: new Set(['ReplicaSet/x/web-1']) }), []],
  [
    'a budget that allows nothing now',
    seeing([pod('a'), pod('b'), pod('c', { labels: {} })], { budgets: [budget('web', 0)] }),
    ['warning DrainBudget: PodDisruptionBudgets that allow no disruption now: d/web (d/a, d/b)'],
  ],
  ['a budget with room', seeing([pod('a')], { budgets: [budget('web', 1)] }), []],
  ['a budget of other pods', seeing([pod('a')], { budgets: [budget('db', 0, 'db'), budget('web', 0, 'web', 'x')] }), []],
  [
    'a budget over a DaemonSet',
    seeing([{ ...daemon, labels: { app: 'web' } }], { budgets: [budget('web', 0)] }),
    ['warning DrainDaemonSet: pods of DaemonSets stay: d/agent'],
  ],
  [
    'two budgets over one pod',
    seeing([pod('a')], { budgets: [budget('one', 1), budget('two', 1)] }),
    ['warning DrainBudgets: pods under more than one PodDisruptionBudget, which the API refuses to evict: d/a'],
  ],
])('%s', (_name, seen, findings) => {
  expect(found(seen)).toEqual(findings);
});

test('with force bare pods are a warning that says that they are lost', () => {
  expect(found(seeing([bare]), true)).toEqual([
    'warning DrainBarePods: pods without a controller, which nobody makes again: d/bare; they are lost',
  ]);
});

test('long lists are cut', () => {
  const many = Array.from({ length: 13 }, (_unused, index) => pod(`p${String(index).padStart(2, '0')}`, { hasEmptyDir: true }));
  expect(found(seeing(many))).toEqual([expect.stringMatching(/d\/p08, d\/p09 and 3 more$/)]);
});

test('every finding names the node and what to do', () => {
  const all = seeing([bare, daemon, pod('a', { hasEmptyDir: true })], {
    budgets: [budget('web', 0), budget('two', 0)],
    singles: new Set(['ReplicaSet/d/web-1']),
  });
  const findings = drainFindings('w1', all, false);
  expect(findings.map(({ id }) => id)).toEqual([
    'DrainBarePods',
    'DrainEmptyDir',
    'DrainSingleReplica',
    'DrainDaemonSet',
    'DrainBudget',
    'DrainBudgets',
  ]);
  for (const { node, remedy } of findings) expect([node, remedy]).toEqual(['w1', expect.stringMatching(/\w{3}/)]);
});

describe('podsToEvict', () => {
  test('all but mirrored ones and those of DaemonSets', () => {
    expect(podsToEvict([pod('a'), bare, daemon, mirror]).map(({ name }) => name)).toEqual(['a', 'bare']);
  });
});
