import { describe, expect, test } from 'vitest';
import type { EtcdSeen } from '../../src/engine/etcd-seen.ts';
import type { WorkloadSeen } from '../../src/engine/kube-upgrade.ts';
import { sample, three } from '../components/sample.ts';
import { etcdSeen, linesOf, nodeObjects, quiet, type Situation } from './situation.ts';

const cluster = sample(three);
const down = sample(three.map((node) => (node.name === 'w' ? { ...node, state: 'down' } : node)));

/** As every API server tells them. */
const nodes = (objects: ReturnType<typeof nodeObjects>): Situation => ({
  seen: Object.fromEntries(['a', 'b', 'c'].map((name) => [name, { kubeNodes: objects }])),
});
const ready = { a: {}, b: {}, c: {}, w: {} };

test('nodes that are Ready', () => {
  expect(linesOf('NodeNotReady', cluster, nodes(nodeObjects(ready)))).toEqual([]);
});

test.each<readonly [string, typeof cluster, ReturnType<typeof nodeObjects>, readonly string[]]>([
  ['not Ready', cluster, nodeObjects({ ...ready, w: { ready: false } }), ['error w: w is not Ready']],
  ['not there', cluster, nodeObjects({ a: {}, b: {}, c: {} }), ['error w: w is no node of the cluster']],
  ['declared down', down, nodeObjects({ ...ready, w: { ready: false } }), ['warning w: w is not Ready; the inventory says that w is down']],
])('a node that is %s', (_, inventory, objects, lines) => {
  expect(linesOf('NodeNotReady', inventory, nodes(objects))).toEqual(lines);
});

test('nodes that take no pods', () => {
  const objects = nodeObjects(ready);
  expect(linesOf('NodeCordoned', cluster, nodes(objects))).toEqual([]);
  const cordoned = new Map(
    [...objects].map(([name, object]) => [name, name === 'w' ? { ...object, spec: { unschedulable: true } } : object]),
  );
  expect(linesOf('NodeCordoned', cluster, nodes(cordoned))).toEqual([
    'warning -: nodes that take no pods, so that drained ones have less room to go to: w',
  ]);
});

describe('members of etcd', () => {
  const well = etcdSeen({ a: '3.6.16', b: '3.6.16', c: '3.6.16' });
  const withMember = (name: string, change: Partial<EtcdSeen['members'][number]>): EtcdSeen => ({
    ...well,
    members: well.members.map((member) => (member.name === name ? { ...member, ...change } : member)),
  });
  const sick = new Map([...well.statuses].map(([id, status]) => [id, id === '2' ? { ...status, healthy: false } : status]));
  const rest = 'every member must be well before one is taken down';
  test.each<readonly [string, Readonly<Record<string, EtcdSeen>>, readonly string[]]>([
    ['that are well', { a: well }, []],
    ['that one host is cut off from', { a: etcdSeen({ a: '3.6.16', b: undefined, c: '3.6.16' }), b: well }, []],
    [
      'that do not answer',
      { a: etcdSeen({ a: '3.6.16', b: undefined, c: '3.6.16' }) },
      [`error b: member b of etcd does not answer: ${rest}`],
    ],
    ['that are not healthy', { a: { ...well, statuses: sick } }, [`error b: member b of etcd is not healthy: ${rest}`]],
    ['that learn', { a: withMember('c', { isLearner: true }) }, [`error c: member c of etcd is a learner: ${rest}`]],
    ['that never started', { a: withMember('c', { name: '' }) }, [`error -: member 3 of etcd was added and never started: ${rest}`]],
  ])('%s', (_, views, lines) => {
    const seen = Object.fromEntries(Object.entries(views).map(([name, etcd]) => [name, { etcd }]));
    expect(linesOf('EtcdMember', cluster, { seen })).toEqual(lines);
  });
});

test('a member of a node that is declared down is no news', () => {
  const inventory = sample(three.map((node) => (node.name === 'b' ? { ...node, state: 'down' } : node)));
  const seen = { b: undefined, a: { etcd: etcdSeen({ a: '3.6.16', b: undefined, c: '3.6.16' }) } };
  expect(linesOf('EtcdMember', inventory, { seen })).toEqual([
    'warning b: member b of etcd does not answer: every member must be well before one is taken down; the inventory says that b is down',
  ]);
});

const cutOff = (unit: string): string => `a run was cut off there once it had started ${unit} anew`;

describe('what a run has left that was cut off in a restart', () => {
  test.each([
    ['kubelet.service', `warning w: w is not Ready; ${cutOff('kubelet.service')}`],
    ['etcd.service', 'error w: w is not Ready'],
  ])('a node that is not Ready since %s was started', (unit, line) => {
    const situation = nodes(nodeObjects({ ...ready, w: { ready: false } }));
    expect(linesOf('NodeNotReady', cluster, { ...situation, unfinished: { w: unit } })).toEqual([line]);
  });

  test.each([
    ['b', `warning b: member b of etcd does not answer: every member must be well before one is taken down; ${cutOff('etcd.service')}`],
    ['c', 'error b: member b of etcd does not answer: every member must be well before one is taken down'],
  ])('a member that does not answer, when that of %s was started', (node, line) => {
    const seen = { a: { etcd: etcdSeen({ a: '3.6.16', b: undefined, c: '3.6.16' }) } };
    expect(linesOf('EtcdMember', cluster, { seen, unfinished: { [node]: 'etcd.service' } })).toEqual([line]);
  });
});

test.each<readonly [Partial<WorkloadSeen>, readonly string[]]>([
  [{}, []],
  [{ ready: 1 }, ['warning -: 1 of 2 pods of Deployment/kube-system/coredns are ready']],
  [{ ready: 0 }, ['error -: 0 of 2 pods of Deployment/kube-system/coredns are ready']],
  [{ ready: 0, name: 'metrics' }, ['warning -: 0 of 2 pods of Deployment/kube-system/metrics are ready']],
  [{ ready: 0, namespace: 'shop' }, []],
])('a workload like %j', (more, lines) => {
  const workload: WorkloadSeen = { kind: 'Deployment', namespace: 'kube-system', name: 'coredns', wanted: 2, ready: 2, ...more };
  const told = { kubeUpgrade: { ...quiet, workloads: [workload] } };
  const situation = { seen: { a: told, b: { kubeUpgrade: undefined }, c: { kubeUpgrade: undefined } } };
  expect(linesOf('SystemWorkload', cluster, situation)).toEqual(lines);
});
