import { describe, expect, test } from 'vitest';
import { desire } from '../../src/app/desire.ts';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import type { Cluster, Node } from '../../src/cluster/cluster.ts';
import type { Desired, Phase } from '../../src/engine/phase.ts';
import type { Resource } from '../../src/engine/resource.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { place } from '../../src/workflows/place.ts';
import { inventoryNames, readInventory } from '../app/support/mirrored-inventory.ts';
import { sample, three } from '../components/sample.ts';

const desiredOf = (cluster: Cluster): Desired => desire(cluster, place(cluster, selectVersions(cluster), new Map()));

function phaseOf(id: string): Phase {
  const phase = initWorkflow.phases.find((candidate) => candidate.id === id);
  if (phase === undefined) throw new RangeError(id);
  return phase;
}

/** What all phases together put on a node, with the phase that does. */
function putOn(desired: Desired, node: Node): readonly (readonly [phase: string, resource: Resource])[] {
  const mine = initWorkflow.phases.filter((phase) => phase.targets(desired.cluster).some(({ name }) => name === node.name));
  return mine.flatMap((phase) => phase.resources(desired, node).map((resource) => [phase.id, resource] as const));
}

/** What goes into the API instead of onto the node. */
const ofTheApi: ReadonlySet<string> = new Set(['kube-object', 'node-taints']);

describe.each(inventoryNames)('%s', (name) => {
  test('every resource that a component describes is put there by one phase', async () => {
    const desired = desiredOf(await readInventory(name));
    for (const node of desired.cluster.nodes) {
      const put = putOn(desired, node).filter(([phase]) => phase !== 'etcd/settle');
      const described = desired.describe(node).flatMap(({ install, run }) => [...install, ...run]);
      expect(described.length).toBeGreaterThan(20);
      for (const resource of described) {
        const phases = put.filter(([, candidate]) => candidate === resource).map(([phase]) => phase);
        expect([node.name, resource, phases]).toEqual([node.name, resource, [expect.any(String)]]);
      }
    }
  });

  test('nothing else is put there but the books that kcluster keeps', async () => {
    const desired = desiredOf(await readInventory(name));
    for (const node of desired.cluster.nodes) {
      const described = new Set<Resource>(desired.describe(node).flatMap(({ install, run }) => [...install, ...run]));
      const others = putOn(desired, node).filter(([, resource]) => !described.has(resource) && !ofTheApi.has(resource.kind));
      const names = others.map(([phase, { kind }]) => `${phase} ${kind}`);
      const settled = node.roles.includes('etcd') ? ['etcd/settle file'] : [];
      expect(names).toEqual(['host/prepare ownership', 'host/units systemd', ...settled, 'host/settle file']);
    }
  });

  test('the list of what is ours is written before anything else', async () => {
    const desired = desiredOf(await readInventory(name));
    for (const node of desired.cluster.nodes) {
      const [[phase, first] = []] = putOn(desired, node);
      expect([phase, first?.kind]).toEqual(['host/prepare', 'ownership']);
      const of = first?.kind === 'ownership' ? first.of : [];
      expect(of).toEqual(desired.describe(node).flatMap(({ install, run }) => [...install, ...run]));
    }
  });

  test('unit files come from one phase, and a daemon-reload after them', async () => {
    const desired = desiredOf(await readInventory(name));
    for (const node of desired.cluster.nodes) {
      const units = putOn(desired, node).filter(
        ([, resource]) => resource.kind === 'file' && resource.path.startsWith('/etc/systemd/system/'),
      );
      expect(new Set(units.map(([phase]) => phase))).toEqual(new Set(['host/units']));
      expect(phaseOf('host/units').resources(desired, node).at(-1)).toEqual({ kind: 'systemd' });
    }
  });

  test('what a phase runs is awaited by name', async () => {
    const desired = desiredOf(await readInventory(name));
    for (const phase of initWorkflow.phases.filter(({ id }) => id.endsWith('/run'))) {
      for (const node of phase.targets(desired.cluster)) {
        const units = phase.resources(desired, node).filter(({ kind }) => kind === 'unit');
        const conditions = phase.gate?.(desired, node) ?? [];
        if (units.length > 0) expect([phase.id, conditions]).not.toEqual([phase.id, []]);
        for (const { title, deadlineMs } of conditions) {
          expect(title).not.toMatch(/undefined/);
          expect(deadlineMs).toBeGreaterThanOrEqual(60_000);
        }
      }
    }
  });
});

describe('gates', () => {
  const cluster = sample(three, { endpoint: '192.0.2.5:6443' });
  const [c] = cluster.nodes;
  const gate = (id: string, etcdExists: boolean) => {
    if (c === undefined) throw new Error('no c');
    const desired = desiredOf(cluster);
    const conditions = phaseOf(id).gate?.({ ...desired, placement: { ...desired.placement, etcdExists } }, c) ?? [];
    return conditions.map(({ title, deadlineMs, test: { kind } }) => `${kind}: ${title} in ${deadlineMs / 1000} s`);
  };

  test.each([
    ['etcd/run', ['http: etcd answers /readyz in 60 s']],
    ['kube-controller-manager/run', ['http: kube-controller-manager answers /healthz in 60 s']],
    ['containerd/run', ['unit-active: containerd.service is active in 60 s']],
    ['nodes/register', ['nodes-ready: all nodes are Ready in 180 s']],
    ['coredns/apply', ['deployment-available: CoreDNS is available in 180 s']],
    ['etcd/install', []],
  ])('%s', (id, lines) => {
    expect([gate(id, false), gate(id, true)]).toEqual([lines, lines]);
  });

  test('the API server of a new cluster is awaited until it listens, and until it is ready by what needs its roles', () => {
    const ready = 'http: kube-apiserver answers /readyz in 120 s';
    expect([gate('kube-apiserver/run', false), gate('kubectl/run', false)]).toEqual([
      ['unit-active: kube-apiserver listens in 120 s'],
      [ready],
    ]);
    expect([gate('kube-apiserver/run', true), gate('kubectl/run', true)]).toEqual([[ready], []]);
  });

  test('the kubelet of a cluster that exists is awaited until its node is Ready: the next batch comes after it', () => {
    const healthy = 'http: kubelet answers /healthz in 60 s';
    expect(gate('kubelet/run', false)).toEqual([healthy]);
    expect(gate('kubelet/run', true)).toEqual([healthy, `nodes-ready: ${c?.name} is Ready in 180 s`]);
  });

  test('a component that the inventory leaves out has neither resources nor a gate', () => {
    const without = desiredOf(sample(three, { endpoint: '192.0.2.5:6443', network: { plugin: 'none', proxyMode: 'none' } }));
    for (const id of ['network/run', 'kube-proxy/run', 'kube-proxy/install']) {
      const node = without.cluster.nodes[0];
      expect(node && [phaseOf(id).resources(without, node), phaseOf(id).gate?.(without, node) ?? []]).toEqual([[], []]);
    }
  });
});

describe('registration', () => {
  const objectsOf = (cluster: Cluster) => {
    const [node] = cluster.nodes;
    if (node === undefined) throw new Error('no node');
    return phaseOf('nodes/register')
      .resources(desiredOf(cluster), node)
      .flatMap((resource) => (resource.kind === 'kube-object' ? [resource.object] : []));
  };

  test('says roles, labels, annotations and pod ranges, sorted by name', () => {
    const nodes = three.map((node) => (node.name === 'w' ? { ...node, labels: { zone: 'a' }, annotations: { note: 'x' } } : node));
    const objects = objectsOf(sample(nodes, { endpoint: '192.0.2.5:6443' }));
    expect(objects.map(({ metadata }) => (metadata as { name: string }).name)).toEqual(['a', 'b', 'c', 'w']);
    expect(objects.at(-1)).toEqual({
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: 'w', labels: { 'node-role.kubernetes.io/worker': '', zone: 'a' }, annotations: { note: 'x' } },
      spec: { podCIDR: '10.244.3.0/24', podCIDRs: ['10.244.3.0/24'] },
    });
  });

  test('notes whose taints are its own, and asks for them before it notes them', () => {
    const taints = [
      { key: 'disk', value: 'ssd', effect: 'NoSchedule' },
      { key: 'alone', value: '', effect: 'NoExecute' },
    ] as const;
    const nodes = three.map((node) => (node.name === 'w' ? { ...node, taints: ['disk=ssd:NoSchedule', 'alone:NoExecute'] } : node));
    const cluster = sample(nodes, { endpoint: '192.0.2.5:6443' });
    expect(objectsOf(cluster).at(-1)).toMatchObject({
      metadata: { annotations: { 'kcluster.dev/taints': 'alone:NoExecute,disk=ssd:NoSchedule' } },
    });
    const [node] = cluster.nodes;
    const resources = node === undefined ? [] : phaseOf('nodes/register').resources(desiredOf(cluster), node);
    expect(resources.map(({ kind }) => kind)).toEqual([...Array(4).fill('node-taints'), ...Array(4).fill('kube-object')]);
    expect(resources[3]).toEqual({ kind: 'node-taints', node: 'w', taints });
  });

  test('leaves pod ranges to the controller manager with another network', () => {
    for (const object of objectsOf(sample(three, { endpoint: '192.0.2.5:6443', network: { plugin: 'none' } })))
      expect(object).not.toHaveProperty('spec');
  });

  test('leaves out nodes that are declared down', () => {
    const nodes = three.map((node) => (node.name === 'w' ? { ...node, state: 'down' } : node));
    expect(objectsOf(sample(nodes, { endpoint: '192.0.2.5:6443' }))).toHaveLength(3);
  });
});

test('without CoreDNS in the inventory nobody applies it', () => {
  const cluster = sample(three, { endpoint: '192.0.2.5:6443', addons: { coredns: false } });
  expect(phaseOf('coredns/apply').targets(cluster)).toEqual([]);
});
