import { beforeAll, describe, expect, test } from 'vitest';
import { readStatus } from '../../src/app/cluster-status.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import type { NodeStatus } from '../../src/cluster/node-status.ts';
import { FakeHost } from '../../src/host/fake/fake-host.ts';
import type { Host } from '../../src/host/host.ts';
import { readInventory, useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';
let model: ModelCluster;

beforeAll(async () => {
  model = new ModelCluster(await load(workers));
  await runInit(model);
}, 60_000);

const status = (hosts: ReadonlyMap<string, Host> = model.hosts, now = new Date(), cluster = model.desired.cluster) =>
  readStatus({ cluster, hosts, now });

const nodeOf = (nodes: readonly NodeStatus[], name: string): NodeStatus => {
  const found = nodes.find(({ node }) => node === name);
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};
const componentOf = (nodes: readonly NodeStatus[], node: string, name: string) =>
  nodeOf(nodes, node).components.find(({ component }) => component === name);

/** The hosts with one of them changed. */
function changed(name: string, change: (host: Host) => Host): ReadonlyMap<string, Host> {
  return new Map([...model.hosts].map(([node, host]) => [node, node === name ? change(host) : host]));
}

describe('a cluster that runs', () => {
  test('is well', async () => {
    const { nodes, failures } = await status();
    expect(failures).toEqual([]);
    expect(nodes.map(({ node, roles, state }) => [node, roles.join(), state])).toEqual([
      ['cp-1', 'control-plane,etcd', 'Ready'],
      ['worker-1', 'worker', 'Ready'],
      ['worker-2', 'worker', 'Ready'],
    ]);
    for (const { components } of nodes) {
      for (const { unit, restarts } of components) expect([unit, restarts]).toEqual(['active', 0]);
      for (const { component, health } of components) expect([component, health]).toEqual([component, expect.stringMatching(/^(ok)?$/)]);
    }
  });

  test('tells of every unit its release and the days of its certificates', async () => {
    const { nodes } = await status();
    expect(
      nodeOf(nodes, 'cp-1').components.map(({ component, version, certificateDays }) => [component, version, certificateDays]),
    ).toMatchInlineSnapshot(`
      [
        [
          "balancer",
          "",
          undefined,
        ],
        [
          "etcd",
          "3.7.3",
          364,
        ],
        [
          "kube-apiserver",
          "1.37.1",
          364,
        ],
        [
          "kube-controller-manager",
          "1.37.1",
          364,
        ],
        [
          "kube-scheduler",
          "1.37.1",
          364,
        ],
        [
          "containerd",
          "2.3.7",
          undefined,
        ],
        [
          "network",
          "",
          undefined,
        ],
        [
          "kubelet",
          "1.37.1",
          364,
        ],
        [
          "kube-proxy",
          "1.37.1",
          364,
        ],
      ]
    `);
  });

  test('the first certificate to expire counts, below zero when it has', async () => {
    const { nodes } = await status(model.hosts, new Date(Date.now() + 370 * 86_400_000));
    expect(componentOf(nodes, 'worker-1', 'kubelet')?.certificateDays).toBeLessThan(0);
  });

  test('one look a host', async () => {
    const before = [...model.hosts.values()].map(({ roundTrips }) => roundTrips);
    await status();
    expect([...model.hosts.values()].map(({ roundTrips }, index) => roundTrips - (before[index] ?? 0))).toEqual([1, 1, 1]);
  });
});

describe('scheduled backups', () => {
  const snapshots = '/var/lib/kcluster/snapshots';
  const now = new Date('2026-11-26T15:30:00Z');
  const scheduled = (): Cluster => {
    const { cluster } = model.desired;
    return { ...cluster, etcd: { ...cluster.etcd, snapshots: { ...cluster.etcd.snapshots, schedule: '@hourly' } } };
  };
  const holding = async (names: readonly string[], cluster = scheduled()) => {
    const host = model.hosts.get('cp-1');
    if (host === undefined) throw new Error('no cp-1');
    host.override = { entries: new Map([[snapshots, names]]) };
    const before = host.roundTrips;
    const found = await status(model.hosts, now, cluster);
    host.override = {};
    expect(host.roundTrips - before).toBe(1);
    return found;
  };

  test('the newest is told with its age, in the same look', async () => {
    const name = `${model.desired.cluster.name}-20261126T150000Z-cp-1`;
    const { nodes, backups } = await holding([`${name}.json`, `${name}.tar.zst`]);
    const newest = { name, takenAt: '2026-11-26T15:00:00Z', ageSeconds: 1800 };
    expect(nodeOf(nodes, 'cp-1').newestBackup).toEqual(newest);
    expect(nodeOf(nodes, 'worker-1').newestBackup).toBeUndefined();
    expect(backups).toEqual({ newest: { ...newest, node: 'cp-1' } });
  });

  test.each([
    ['none', [], 'no host has a backup'],
    ['an old one', ['20261125T150000Z'], expect.stringContaining('older than twice')],
  ])('%s is not well', async (_, stamps, problem) => {
    const names = stamps.map((stamp) => `${model.desired.cluster.name}-${stamp}-cp-1`);
    expect((await holding(names.flatMap((name) => [`${name}.json`, `${name}.tar.gz.age`]))).backups?.problem).toEqual(problem);
  });

  test('nothing is asked or said without a schedule', async () => {
    const { nodes, backups } = await holding([], model.desired.cluster);
    expect([backups, nodeOf(nodes, 'cp-1').newestBackup]).toEqual([undefined, undefined]);
  });
});

describe('what is not well', () => {
  test('bare hosts', async () => {
    const bare = new ModelCluster(await readInventory(workers));
    const { nodes, failures } = await readStatus({ cluster: bare.desired.cluster, hosts: bare.hosts, now: new Date() });
    expect(failures).toEqual([]);
    expect(new Set(nodes.map(({ state }) => state))).toEqual(new Set(['unknown']));
    const components = nodes.flatMap((node) => node.components);
    expect(new Set(components.map(({ unit }) => unit))).toEqual(new Set(['not found']));
    expect(new Set(components.map(({ health }) => health))).toEqual(new Set(['no answer', '']));
    expect(new Set(components.map(({ version, certificateDays }) => `${version}${certificateDays}`))).toEqual(new Set(['undefined']));
  });

  test.each([
    [500, '500'],
    [0, 'no answer'],
    [200, 'ok'],
  ])('an endpoint that answers %i is %s', async (code, word) => {
    const host = model.hosts.get('cp-1');
    if (host === undefined) throw new Error('no cp-1');
    host.override = { health: new Map([...host.look().health.keys()].map((url) => [url, { status: code }])) };
    const { nodes } = await status();
    host.override = {};
    expect(componentOf(nodes, 'cp-1', 'kube-apiserver')?.health).toBe(word);
  });

  test.each([
    ['a node that is not Ready', { conditions: [{ type: 'Ready', status: 'Unknown' }] }, 'NotReady'],
    ['a node without conditions', {}, 'NotReady'],
    ['a node that the API does not know', undefined, 'not registered'],
  ])('%s', async (_, conditions, word) => {
    const before = model.nodes.get('worker-1');
    if (before === undefined) throw new Error('no worker-1');
    if (conditions === undefined) model.nodes.delete('worker-1');
    else model.nodes.set('worker-1', { ...before, status: conditions });
    const { nodes } = await status();
    model.nodes.set('worker-1', before);
    expect(nodeOf(nodes, 'worker-1').state).toBe(word);
    expect(nodeOf(nodes, 'worker-2').state).toBe('Ready');
  });

  test('a host that was not reached, and one that is declared down', async () => {
    const hosts = new Map([...model.hosts].filter(([name]) => name === 'cp-1'));
    const { cluster } = model.desired;
    const nodes = cluster.nodes.map((node) => (node.name === 'worker-2' ? { ...node, state: 'down' as const } : node));
    const result = await status(hosts, new Date(), { ...cluster, nodes });
    expect(result.nodes.slice(1).map(({ state, components }) => [state, components])).toEqual([
      ['unreachable', []],
      ['declared down', []],
    ]);
    expect(result.failures).toEqual([]);
  });

  test('a host that does not answer is a failure of its own, and unreachable', async () => {
    const hosts = changed('worker-1', () => new FakeHost('worker-1').on(/./, { code: 127 }));
    const { nodes, failures } = await status(hosts);
    expect(failures.map(({ message }) => message)).toEqual(['worker-1: the look at the host ended with status 127']);
    expect([nodeOf(nodes, 'worker-1').state, nodeOf(nodes, 'worker-2').state]).toEqual(['unreachable', 'Ready']);
  });

  test('a damaged certificate is shown as no longer valid, and hides nothing else', async () => {
    const machine = model.hosts.get('worker-1')?.machine;
    const path = '/var/lib/kubelet/pki/kubelet.crt';
    const good = machine?.texts.get(path) ?? '';
    machine?.edit(path, '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    const result = await status();
    machine?.edit(path, good);
    expect(componentOf(result.nodes, 'worker-1', 'kubelet')?.certificateDays).toBe(0);
    expect(componentOf(result.nodes, 'worker-2', 'kubelet')?.certificateDays).toBeGreaterThan(0);
  });
});

test('nodes that only hold etcd have no state of the API', async () => {
  const apart = new ModelCluster(await load('external-etcd.yaml'));
  await runInit(apart);
  const { nodes } = await readStatus({ cluster: apart.desired.cluster, hosts: apart.hosts, now: new Date() });
  expect(nodeOf(nodes, 'etcd-1')).toMatchObject({ state: '', components: [{ component: 'etcd', unit: 'active', health: 'ok' }] });
  expect(nodeOf(nodes, 'worker-1').state).toBe('Ready');
}, 60_000);
