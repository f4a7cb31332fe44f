import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { type Cluster, nodeNamed } from '../../src/cluster/cluster.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import type { Phase } from '../../src/engine/phase.ts';
import { everyNode, runPhase } from '../../src/phases/component-phases.ts';
import { hostUnits } from '../../src/phases/host-units.ts';
import {
  allOf,
  etcdYield,
  isCordonedByUpgrade,
  ofNode,
  unitsWithoutRelease,
  upgradeCordon,
  upgradeOf,
  upgradeUncordon,
} from '../../src/phases/upgrade-phases.ts';
import { membersOf } from '../cluster/quorum-members.ts';
import { placementOf, sample, three } from '../components/sample.ts';

const cluster = sample(three);
const desiredOf = (of: Cluster) => desire(of, placementOf(of, { etcdExists: true }));
const desired = desiredOf(cluster);
const a = nodeNamed(cluster, 'a');
const w = nodeNamed(cluster, 'w');
const names = (phase: Phase, of = cluster): readonly string[] => phase.targets(of).map(({ name }) => name);
const [successor] = membersOf('hhh');
if (successor === undefined) throw new RangeError('no member');

const turns = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy'];

test('unit files of what has a release of its own are written in its turn', () => {
  const pathsOf = (phase: Phase): readonly string[] =>
    phase.resources(desired, a).flatMap((resource) => ('path' in resource ? [resource.path] : []));
  const ahead = pathsOf(unitsWithoutRelease([]));
  const all = pathsOf(hostUnits);
  expect(all).toEqual(expect.arrayContaining(turns.map((name) => `/etc/systemd/system/${name}.service`)));
  expect(all.filter((path) => !ahead.includes(path)).sort()).toEqual(turns.map((name) => `/etc/systemd/system/${name}.service`).sort());
  expect(ahead.length).toBeGreaterThan(0);
  expect(unitsWithoutRelease([everyNode('a/b')]).after).toEqual([everyNode('a/b')]);
});

describe('a component in its turn', () => {
  const phase = upgradeOf(runPhase({ component: 'containerd', on: 'kubelet', title: 'Run it', after: [] }), 'runc', 'containerd');
  const resources = phase.resources(desired, a);
  const kinds = resources.map((resource) => ('path' in resource ? resource.path : resource.kind));

  test('brings programs, links, configuration and unit file, then has units read again, then starts the unit anew', () => {
    expect(kinds).toEqual(
      expect.arrayContaining(['/opt/kcluster/bin/runc', '/opt/kcluster/bin/containerd', '/etc/systemd/system/containerd.service']),
    );
    expect(kinds.slice(-2)).toEqual(['systemd', 'unit']);
    expect(kinds.filter((kind) => kind === 'systemd' || kind === 'unit')).toHaveLength(2);
  });

  test('imports no images, and can be taken back', () => {
    const kubelet = upgradeOf(runPhase({ component: 'kubelet', on: 'kubelet', title: 'Run it', after: [] }), 'kubelet');
    expect(kubelet.resources(desired, w).filter(({ kind }) => kind === 'image')).toEqual([]);
    expect([phase.reversible, kubelet.reversible]).toEqual([true, true]);
  });

  test('without a unit file has nothing read again', () => {
    const only = upgradeOf(runPhase({ component: 'runc', on: 'kubelet', title: 'Run it', after: [] }), 'runc');
    expect(only.resources(desired, a).filter(({ kind }) => kind === 'systemd')).toEqual([]);
  });

  test('of one node is a phase of its own, which stands for nobody else', () => {
    const mine = ofNode(phase, 'w', [everyNode('a/b')]);
    expect([mine.id, mine.rollout, mine.reversible, names(mine)]).toEqual(['containerd/run-w', 'serial', true, ['w']]);
    expect(names(ofNode(upgradeOf(runPhase({ component: 'etcd', on: 'etcd', title: 'x', after: [] }), 'etcd'), 'w', []))).toEqual([]);
  });

  test('of all nodes does nothing but wait for each of them', () => {
    const all = allOf(phase, ['containerd/run-a', 'containerd/run-w']);
    expect(all).toMatchObject({ id: 'containerd/run', after: [everyNode('containerd/run-a'), everyNode('containerd/run-w')] });
    expect(all.resources(desired, a)).toEqual([]);
    expect([all.gate, all.reversible]).toEqual([undefined, undefined]);
  });
});

test('the lead of etcd is moved ahead of whatever takes its member down, and only on its node', () => {
  const phase = etcdYield('a', successor, 'etcd/run-a', [everyNode('a/b')]);
  expect(phase.actions?.(desired, a, emptyObservations())).toEqual([
    { kind: 'etcd-move-leader', to: successor.id, toName: successor.name },
  ]);
  expect([phase.aheadOf, phase.after, names(phase)]).toEqual(['etcd/run-a', [everyNode('a/b')], ['a']]);
});

describe('cordons', () => {
  const mark = 'kcluster.io/cordoned-by-upgrade';
  const node = (unschedulable?: boolean, annotations = {}) => ({ metadata: { annotations }, spec: { unschedulable } });
  const marked = upgradeCordon('w', []).actions?.(desired, a, emptyObservations())[0];
  const annotation = marked?.kind === 'kube-cordon' ? (marked.mark ?? mark) : mark;
  const seeing = (object?: object): Observations => ({
    ...emptyObservations(),
    kubeNodes: new Map(object === undefined ? [] : [['w', object as never]]),
  });
  const ours = node(true, { [annotation]: 'kcluster' });
  const off = [{ kind: 'kube-cordon', node: 'w', on: false, mark: annotation }];
  const on = [{ kind: 'kube-cordon', node: 'w', on: true, mark: annotation }];
  const drain = { timeoutSeconds: 40, force: false };
  const gateOf = (phase: Phase) => phase.gate?.(desired, a).map(({ deadlineMs, test: asks }) => [asks, deadlineMs]);

  test.each<[string, object | undefined, readonly object[], readonly object[], readonly object[]]>([
    ['a node that takes pods', node(), on, off, []],
    ['a node that this upgrade cordoned before', ours, [], off, off],
    ['a node that somebody else cordoned', node(true), [], [], []],
    ['a node that nobody knows', undefined, on, off, []],
    ['a node that was given back by hand', node(false, { [annotation]: 'kcluster' }), on, off, off],
  ])('%s', (_, object, cordon, afterDrain, withoutDrain) => {
    const seen = seeing(object);
    expect(upgradeCordon('w', []).actions?.(desired, a, seen)).toEqual(cordon);
    expect(upgradeUncordon('w', drain, []).actions?.(desired, a, seen)).toEqual(afterDrain);
    expect(upgradeUncordon('w', undefined, []).actions?.(desired, a, seen)).toEqual(withoutDrain);
  });

  test('are done on one control plane, and end once the node is Ready and what was drained runs again', () => {
    for (const phase of [upgradeCordon('w', []), upgradeUncordon('w', drain, [])]) {
      expect([phase.rollout, [...names(phase)].sort()]).toEqual(['one', ['a', 'b', 'c']]);
    }
    const ready = [{ kind: 'nodes-ready', nodes: ['w'] }, 180_000];
    expect(gateOf(upgradeUncordon('w', undefined, []))).toEqual([ready]);
    expect(gateOf(upgradeUncordon('w', drain, []))).toEqual([ready, [{ kind: 'workloads-back', node: 'w' }, 40_000]]);
  });

  test.each([
    [true, ours],
    [false, node(true)],
    [false, node(true, { other: 'x' })],
    [false, {}],
    [false, undefined],
  ])('by an upgrade: %s', (expected, object) => {
    expect(isCordonedByUpgrade(object)).toBe(expected);
  });
});
