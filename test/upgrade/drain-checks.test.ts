import { describe, expect, test } from 'vitest';
import type { BudgetInUse, KubeUpgradeSeen, PodInUse, WorkloadSeen } from '../../src/engine/kube-upgrade.ts';
import { drainedNodes } from '../../src/upgrade/drain-checks.ts';
import { sample, three } from '../components/sample.ts';
import { inputOf, linesOf, quiet, type Releases, type Situation } from './situation.ts';

const cluster = sample(three);
const pod = (name: string, more: Partial<PodInUse> = {}): PodInUse => ({
  namespace: 'd',
  name,
  node: 'w',
  phase: 'Running',
  labels: { app: 'web' },
  controller: { kind: 'ReplicaSet', name: 'web-1' },
  hasEmptyDir: false,
  isMirror: false,
  ...more,
});
const { controller: _, ...bare } = pod('bare');
const budget = (name: string, disruptionsAllowed: number, pods = 1): BudgetInUse => ({
  namespace: 'd',
  name,
  disruptionsAllowed,
  selector: { matchLabels: { app: 'web' } },
  pods,
});
const workload = (name: string, wanted: number, kind = 'Deployment'): WorkloadSeen => ({
  kind,
  namespace: 'd',
  name,
  wanted,
  ready: wanted,
});
const api = (kubeUpgrade: Partial<KubeUpgradeSeen>, releases: Releases = {}): Situation => ({
  releases,
  seen: { a: { kubeUpgrade: { ...quiet, ...kubeUpgrade } }, b: { kubeUpgrade: undefined }, c: { kubeUpgrade: undefined } },
});
const patch: Situation = { from: '1.37.0', to: '1.37.1' };

test('nodes are drained where the kubelet changes its minor', () => {
  expect(drainedNodes(inputOf(cluster, {}))).toEqual(['c', 'a', 'b', 'w']);
  expect(drainedNodes(inputOf(cluster, patch))).toEqual([]);
  expect(drainedNodes(inputOf(cluster, { releases: { 'kubelet@a': '1.37.0' }, seen: { w: undefined } }))).toEqual(['c', 'b']);
});

describe.each<readonly [string, readonly (readonly [string, Situation, readonly string[]])[]]>([
  [
    'DrainBudget',
    [
      ['a budget that lets a pod go', api({ budgets: [budget('b', 1)], pods: [pod('p')] }), []],
      ['a tight one over nothing', api({ budgets: [budget('b', 0, 0)] }), []],
      ['a tight one over a pod that waits for a node', api({ budgets: [budget('b', 0)], pods: [pod('p', { node: '' })] }), []],
      [
        'a tight one over a pod of a node that is new already',
        api({ budgets: [budget('b', 0)], pods: [pod('p')] }, { 'kubelet@w': '1.37.1', 'kube-apiserver': '1.37.1' }),
        [],
      ],
      [
        'a tight one, once for all its pods',
        api({ budgets: [budget('b', 0)], pods: [pod('p', { node: 'a' }), pod('q'), pod('other', { labels: {} })] }),
        ['error -: PodDisruptionBudgets that allow no disruption now: d/b (d/p, d/q)'],
      ],
      ['a tight one where nothing is drained', { ...api({ budgets: [budget('b', 0)], pods: [pod('p')] }), ...patch }, []],
      [
        'a tight one over a pod of a DaemonSet',
        api({ budgets: [budget('b', 0)], pods: [pod('p', { controller: { kind: 'DaemonSet', name: 'x' } })] }),
        [],
      ],
    ],
  ],
  [
    'DrainBudgets',
    [
      ['one budget', api({ budgets: [budget('b', 1)], pods: [pod('p')] }), []],
      [
        'two over one pod',
        api({ budgets: [budget('b', 1), budget('c', 1)], pods: [pod('p')] }),
        ['error -: pods under more than one PodDisruptionBudget, which the API refuses to evict: d/p'],
      ],
    ],
  ],
  [
    'DrainBarePods',
    [
      ['pods of workloads', api({ pods: [pod('p')] }), []],
      ['a bare pod', api({ pods: [bare] }), ['error -: pods without a controller, which nobody makes again: d/bare']],
      ['a bare pod that is on no node yet', api({ pods: [{ ...bare, node: '' }] }), []],
    ],
  ],
  [
    'DrainSingleReplica',
    [
      ['a DaemonSet on one node', api({ workloads: [workload('agent', 1, 'DaemonSet')] }), []],
      ['two replicas, and none', api({ workloads: [workload('web', 2), workload('off', 0)] }), []],
      [
        'one replica',
        api({ workloads: [workload('web', 1), workload('db', 1, 'StatefulSet')] }),
        [
          'warning -: workloads of one replica are away while their node is drained, until it runs elsewhere: Deployment/d/web, StatefulSet/d/db',
        ],
      ],
      ['one replica where nothing is drained', { ...api({ workloads: [workload('web', 1)] }), ...patch }, []],
    ],
  ],
  [
    'DrainEmptyDir',
    [
      ['none', api({}), []],
      [
        'some',
        api({ local: new Map([['d', 3]]) }),
        ['warning -: data in emptyDir volumes is lost with the pods that are evicted; such pods in d (3)'],
      ],
    ],
  ],
])('%s', (id, cases) => {
  test.each(cases)('%s', (_name, situation, lines) => {
    expect(linesOf(id, cluster, situation)).toEqual(lines);
  });
});
