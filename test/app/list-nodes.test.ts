import { describe, expect, test } from 'vitest';
import { listNodes, readNodes } from '../../src/app/list-nodes.ts';
import type { Cluster, JsonObject } from '../../src/cluster/cluster.ts';
import type { EtcdSeen } from '../../src/engine/etcd-seen.ts';
import { emptyObservations, type Observations } from '../../src/engine/observation.ts';
import { endOfLook } from '../../src/engine/probe-script.ts';
import { UnreachableError } from '../../src/errors.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import { readInventory } from './support/mirrored-inventory.ts';

const cluster = await readInventory('one-control-plane-two-workers.yaml');
const live = (
  name: string,
  status: string,
  more: { readonly spec?: JsonObject; readonly labels?: Record<string, string> } = {},
): JsonObject => ({
  metadata: { name, labels: { ...more.labels }, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { ...more.spec },
  status: {
    conditions: [
      { type: 'MemoryPressure', status: 'False' },
      { type: 'Ready', status },
    ],
    addresses: [
      { type: 'Hostname', address: name },
      { type: 'InternalIP', address: '198.51.100.7' },
    ],
    nodeInfo: { kubeletVersion: 'v1.37.1' },
  },
});
const etcdOf = (...names: readonly string[]): EtcdSeen => ({
  clusterId: 'c',
  memberId: '1',
  members: names.map((name) => ({ id: name, name, peerURLs: [], clientURLs: [], isLearner: false })),
  statuses: new Map(),
  alarms: [],
});
const seeing = (more: Partial<Observations> = {}): Observations => ({ ...emptyObservations(), ...more });
const look = (cp: Partial<Observations>, others: Readonly<Record<string, Partial<Observations>>> = { 'worker-1': {}, 'worker-2': {} }) =>
  new Map([
    ['cp-1', seeing({ etcd: etcdOf('cp-1'), ...cp })],
    ...Object.entries(others).map(([name, seen]) => [name, seeing(seen)] as const),
  ]);
const nodes = (...objects: readonly JsonObject[]) => ({
  kubeNodes: new Map(objects.map((object) => [(object.metadata as { name: string }).name, object])),
});
const states = (observations: ReadonlyMap<string, Observations>, of: Cluster = cluster) =>
  listNodes(of, observations).map(({ node, state }) => `${node}: ${state}`);

const all = nodes(live('cp-1', 'True'), live('worker-1', 'True'), live('worker-2', 'False'));

describe('states', () => {
  test.each<readonly [string, ReadonlyMap<string, Observations>, readonly string[]]>([
    ['as the cluster says', look(all), ['cp-1: Ready', 'worker-1: Ready', 'worker-2: NotReady']],
    ['the kubelet is silent', look(nodes(live('cp-1', 'Unknown'))), ['cp-1: NotReady', 'worker-1: not joined', 'worker-2: not joined']],
    ['no API server answers', look({}), ['cp-1: unknown', 'worker-1: unknown', 'worker-2: unknown']],
    [
      'a host is away, although its kubelet is well',
      look(all, { 'worker-2': {} }),
      ['cp-1: Ready', 'worker-1: unreachable', 'worker-2: NotReady'],
    ],
    ['nobody answers', new Map(), ['cp-1: unreachable', 'worker-1: unreachable', 'worker-2: unreachable']],
    [
      'nodes that the inventory lacks come last, by name',
      look({ kubeNodes: new Map([...nodes(live('z', 'True'), live('b', 'False')).kubeNodes, ...all.kubeNodes]) }),
      ['cp-1: Ready', 'worker-1: Ready', 'worker-2: NotReady', 'b: not in the inventory', 'z: not in the inventory'],
    ],
  ])('%s', (_, observations, expected) => {
    expect(states(observations)).toEqual(expected);
  });

  test('declared down, and a host that only holds etcd', () => {
    const changed = cluster.nodes.map((node) => {
      if (node.name === 'worker-1') return { ...node, state: 'down' as const };
      return node.name === 'worker-2' ? { ...node, roles: ['etcd'] as const } : node;
    });
    expect(states(look(all), { ...cluster, nodes: changed })).toEqual(['cp-1: Ready', 'worker-1: declared down', 'worker-2: ']);
  });
});

test('what is known of a node', () => {
  const cordoned = live('worker-1', 'True', { spec: { unschedulable: true } });
  const stranger = live('x', 'True', {
    labels: { 'node-role.kubernetes.io/worker': '', 'node-role.kubernetes.io/gpu': '', 'other/worker': '' },
  });
  const seen = { ...nodes(live('cp-1', 'True'), cordoned, stranger), kubePodCounts: new Map([['cp-1', 3]]) };
  const [cp, worker, missing, other] = listNodes(cluster, look(seen));
  const facts = { ready: true, distrusted: false, version: 'v1.37.1', address: '198.51.100.7', created: '2026-01-01T00:00:00Z' };
  expect(cp).toEqual({
    node: 'cp-1',
    roles: ['control-plane', 'etcd'],
    state: 'Ready',
    cordoned: false,
    pods: 3,
    etcdMember: true,
    ...facts,
  });
  expect(worker).toEqual({ node: 'worker-1', roles: ['worker'], state: 'Ready', cordoned: true, pods: 0, etcdMember: false, ...facts });
  expect(missing).toEqual({
    node: 'worker-2',
    roles: ['worker'],
    state: 'not joined',
    address: cluster.nodes.find(({ name }) => name === 'worker-2')?.internalAddress,
    etcdMember: false,
  });
  expect(other).toEqual({ node: 'x', roles: ['gpu', 'worker'], state: 'not in the inventory', cordoned: false, pods: 0, ...facts });
});

test('a taint of kcluster tells that a node is not trusted yet', () => {
  const taints = [{ key: 'kcluster.dev/absent', effect: 'NoExecute' }];
  const [, worker] = listNodes(cluster, look(nodes(live('worker-1', 'True', { spec: { taints } }))));
  expect(worker).toMatchObject({ state: 'Ready', distrusted: true });
});

test('membership of etcd is known as soon as one member answers, of hosts that are away too', () => {
  const membership = (observations: ReadonlyMap<string, Observations>) =>
    listNodes(cluster, observations).map(({ etcdMember }) => etcdMember);
  expect(membership(look({ etcd: etcdOf('cp-1', 'worker-2') }, {}))).toEqual([true, false, true]);
  expect(membership(look({ etcd: undefined }))).toEqual([undefined, undefined, undefined]);
  expect(membership(look({}, { 'worker-1': { etcd: etcdOf('worker-1') } }))).toEqual([true, true, false]);
});

test('a node that has only begun to register', () => {
  const [, worker] = listNodes(cluster, look(nodes({ metadata: { name: 'worker-1' } })));
  expect(worker).toMatchObject({ state: 'NotReady', ready: false, cordoned: false, etcdMember: false });
});

test.each([
  [false, 3],
  [true, 4],
])('one round trip a host, pods counted: %s; a host that fails is a failure of its own', async (pods, probes) => {
  const good = new FakeHost('cp-1').on(/./, { stdout: `facts\tuid\t0\n${endOfLook}\n` });
  const bad = new FakeHost('worker-1').on(/./, new UnreachableError('gone', { node: 'worker-1' }));
  const result = await readNodes(
    cluster,
    new Map([
      ['cp-1', good],
      ['worker-1', bad],
    ]),
    pods,
  );
  expect(result.failures.map(({ message }) => message)).toEqual(['worker-1: gone']);
  expect(result.nodes.map(({ state }) => state)).toEqual(['unknown', 'unreachable', 'unreachable']);
  expect(good.sent.map(({ title }) => title)).toEqual([`observe (${probes} probes)`]);
  expect(good.sent[0]?.script.includes('pod-counts')).toBe(pods);
});
