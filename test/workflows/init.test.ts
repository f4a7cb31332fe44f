import { describe, expect, test } from 'vitest';
import { type Cluster, kubeletNodes, nodesWithRole } from '../../src/cluster/cluster.ts';
import type { PhaseId } from '../../src/engine/phase.ts';
import type { StepId } from '../../src/engine/plan.ts';
import { initWorkflow } from '../../src/workflows/init.ts';
import { inventoryNames, readInventory } from '../app/support/mirrored-inventory.ts';
import { ancestorsOf, bareMachines, planInit } from './plan-init.ts';

const inventories: readonly (readonly [string, Cluster])[] = await Promise.all(
  inventoryNames.map(async (name) => [name, await readInventory(name)] as const),
);
const namesOf = (nodes: readonly { readonly name: string }[]): readonly string[] => nodes.map(({ name }) => name);
const at = (phase: PhaseId, nodes: readonly string[]): readonly StepId[] => nodes.map((node): StepId => `${phase}@${node}`);

describe('the table of contents', () => {
  test('is this', () => {
    expect(initWorkflow.phases.map(({ id }) => id)).toMatchInlineSnapshot(`
      [
        "host/prepare",
        "host/units",
        "pki/authorities",
        "etcd/install",
        "etcd/run",
        "etcd/promote",
        "etcd/settle",
        "balancer/run",
        "kube-apiserver/install",
        "kube-apiserver/run",
        "endpoint/wait",
        "kubectl/install",
        "kubectl/run",
        "cluster/objects",
        "nodes/distrust",
        "runc/install",
        "cni-plugins/install",
        "network/run",
        "containerd/install",
        "kubelet/install",
        "kube-proxy/install",
        "containerd/run",
        "kubelet/run",
        "kube-proxy/run",
        "kube-controller-manager/install",
        "kube-controller-manager/run",
        "kube-scheduler/install",
        "kube-scheduler/run",
        "crictl/install",
        "etcd/tools",
        "images/import",
        "nodes/register",
        "coredns/apply",
        "balancer/settle",
        "nodes/trust",
        "host/settle",
        "host/finish",
      ]
    `);
  });

  test('names every phase once, with a title of its own', () => {
    const { phases } = initWorkflow;
    expect(new Set(phases.map(({ id }) => id)).size).toBe(phases.length);
    expect(new Set(phases.map(({ title }) => title)).size).toBe(phases.length);
    expect(phases.map(({ title }) => title).filter((title) => !/^[A-Z][\w -]+$/i.test(title))).toEqual([]);
  });

  test('names in `after` only what stands before', () => {
    const before = new Set<string>();
    for (const { id, after = [] } of initWorkflow.phases) {
      expect([id, after.map(({ phase }) => phase).filter((phase) => !before.has(phase))]).toEqual([id, []]);
      before.add(id);
    }
  });
});

describe.each(inventories)('%s, from bare machines', (_, cluster) => {
  const steps = planInit(cluster);
  const ancestors = ancestorsOf(steps);
  const ids = new Set(steps.map(({ id }) => id));
  /** Those of the wanted that the step does not wait for. */
  const notAwaited = (id: StepId, wanted: readonly StepId[]): readonly StepId[] => {
    expect(ids).toContain(id);
    return wanted.filter((before) => ancestors.get(id)?.has(before) !== true);
  };
  const members = namesOf(nodesWithRole(cluster, 'etcd'));
  const controlPlane = namesOf(nodesWithRole(cluster, 'control-plane'));
  const withPods = namesOf(kubeletNodes(cluster));

  test('every step comes after steps that are there, once each, and stand before it', () => {
    const before = new Set<string>();
    for (const { id, after } of steps) {
      expect(before).not.toContain(id);
      expect(after).toEqual([...new Set(after)]);
      expect([id, after.filter((dependency) => !before.has(dependency))]).toEqual([id, []]);
      before.add(id);
    }
  });

  test('every node is prepared before anything else happens on it', () => {
    for (const { id, node, phase } of steps) {
      if (phase !== 'host/prepare') expect([id, notAwaited(id, at('host/prepare', [node]))]).toEqual([id, []]);
    }
  });

  test.each(['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'containerd', 'kubelet', 'kube-proxy'])(
    'a node runs %s after its installation, its unit file and the authorities',
    (component) => {
      const running = steps.filter(({ phase }) => phase === `${component}/run`);
      expect(running.length > 0).toBe(component !== 'etcd' || cluster.etcd.given === undefined);
      for (const { id, node } of running) {
        const needed = [`${component}/install@${node}`, `host/units@${node}`, `pki/authorities@${node}`] as const;
        expect([id, notAwaited(id, needed)]).toEqual([id, []]);
      }
    },
  );

  test.each(controlPlane)('%s serves the API only after its own member of etcd, or after all where it has none', (node) => {
    expect(members.length > 0).toBe(cluster.etcd.given === undefined);
    expect(notAwaited(`kube-apiserver/run@${node}`, at('etcd/run', members.includes(node) ? [node] : members))).toEqual([]);
  });

  test.each(controlPlane)('%s runs controllers and scheduler after its own API server', (node) => {
    for (const component of ['kube-controller-manager', 'kube-scheduler'] as const) {
      expect(notAwaited(`${component}/run@${node}`, at('kube-apiserver/run', [node]))).toEqual([]);
    }
  });

  test.each(withPods)('%s runs its kubelet after every API server and its own containerd', (node) => {
    expect(notAwaited(`kubelet/run@${node}`, [...at('kube-apiserver/run', controlPlane), ...at('containerd/run', [node])])).toEqual([]);
  });

  test('who uses an endpoint waits for it, and it is awaited once API servers listen', () => {
    const waits = at('endpoint/wait', cluster.endpoint === undefined ? [] : withPods);
    expect(steps.filter(({ phase }) => phase === 'endpoint/wait').map(({ id }) => id)).toEqual(waits.toSorted());
    for (const id of waits) expect(notAwaited(id, at('kube-apiserver/run', controlPlane))).toEqual([]);
    for (const { id, node, phase } of steps) {
      if (['kubelet/run', 'kube-proxy/run'].includes(phase))
        expect([
          id,
          notAwaited(
            id,
            waits.filter((wait) => wait.endsWith(`@${node}`)),
          ),
        ]).toEqual([id, []]);
    }
  });

  test('nodes are registered after every kubelet, DNS is applied after that', () => {
    const registers = steps.filter(({ phase }) => phase === 'nodes/register');
    expect(registers.map(({ node }) => node)).toEqual([controlPlane.toSorted()[0]]);
    for (const { id } of registers) expect(notAwaited(id, at('kubelet/run', withPods))).toEqual([]);
    const dns = steps.filter(({ phase }) => phase === 'coredns/apply');
    expect(dns).toHaveLength(cluster.addons.coredns ? 1 : 0);
    for (const { id } of dns) expect(notAwaited(id, [...registers.map((step) => step.id), ...at('images/import', withPods)])).toEqual([]);
  });

  test('a node has joined once nothing else is left to do on it, and the cluster knows all nodes', () => {
    for (const { name } of cluster.nodes) {
      const own = steps.filter(({ node, phase }) => node === name && phase !== 'host/finish').map(({ id }) => id);
      const registers = steps.filter(({ phase }) => phase === 'nodes/register').map(({ id }) => id);
      expect([name, notAwaited(`host/finish@${name}`, [...own, ...registers])]).toEqual([name, []]);
    }
  });

  test('etcd is settled only when every member runs', () => {
    for (const id of at('etcd/settle', members)) expect(notAwaited(id, at('etcd/run', members))).toEqual([]);
  });

  test('keys of authorities are written on control-plane nodes only', () => {
    const written = steps.flatMap(({ node, actions }) =>
      actions.flatMap((action) => (action.kind === 'file' && 'secret' in action.content ? [{ node, secret: action.content.secret }] : [])),
    );
    const keyHolders = new Set(written.filter(({ secret }) => !/\.(crt|pub)$/.test(secret)).map(({ node }) => node));
    expect([...keyHolders].sort()).toEqual(controlPlane.toSorted());
  });

  test('another order of the inventory gives the same plan', () => {
    const reversed = { ...cluster, nodes: cluster.nodes.toReversed() };
    expect(planInit(reversed)).toEqual(steps);
  });

  test('a node that is not connected gets no step and keeps nobody waiting', () => {
    const away = withPods.find((name) => !controlPlane.includes(name));
    if (away === undefined) return;
    const without = planInit(cluster, bareMachines(cluster, { [away]: undefined }));
    expect(without.filter(({ node }) => node === away)).toEqual([]);
    expect(without.flatMap(({ after }) => after).filter((id) => id.endsWith(`@${away}`))).toEqual([]);
  });
});

describe('no node is the first', () => {
  test.each(['cp-1', 'cp-2', 'cp-3'])(
    'what any control plane can do goes to %s when its API server is the one that answers',
    async (name) => {
      const cluster = await readInventory('three-control-planes.yaml');
      for (const nodes of [cluster.nodes, cluster.nodes.toReversed()]) {
        const steps = planInit({ ...cluster, nodes }, bareMachines(cluster, { [name]: { kubeNodes: new Map() } }));
        const once = ['cluster/objects', 'nodes/register', 'coredns/apply'];
        expect(steps.filter(({ phase }) => once.includes(phase)).map(({ id }) => id)).toEqual(once.map((phase) => `${phase}@${name}`));
      }
    },
  );

  test('everything else is done on all control planes alike', async () => {
    const steps = planInit(await readInventory('three-control-planes.yaml'));
    const phasesOf = (name: string) =>
      steps.filter(({ node, phase }) => node === name && !/^(cluster|nodes|coredns)\//.test(phase)).map(({ phase }) => phase);
    expect(phasesOf('cp-2')).toEqual(phasesOf('cp-1'));
    expect(phasesOf('cp-3')).toEqual(phasesOf('cp-1'));
  });
});
