import { beforeAll, describe, expect, test } from 'vitest';
import type { Cluster, Node } from '../../src/cluster/cluster.ts';
import { secretNames } from '../../src/engine/secret-name.ts';
import { ConnectionLostError } from '../../src/errors.ts';
import { memoryState } from './support/memory-state.ts';
import { inventoryNames, useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import type { ModelMachine } from './support/model-machine.ts';
import { runInit } from './support/run-init.ts';

const load = useMirror();

/** A cluster that is up, and the operator's state. */
async function bringUp(name: string) {
  const cluster = await load(name);
  const model = new ModelCluster(cluster);
  const first = await runInit(model);
  return { cluster, model, first, state: first.session.state, actions: model.done.length };
}

describe.each(inventoryNames)('%s, once it is up', { timeout: 60_000 }, (name) => {
  let up: Awaited<ReturnType<typeof bringUp>>;
  beforeAll(async () => {
    up = await bringUp(name);
  }, 60_000);

  test('was brought up by one run', () => {
    expect(up.first.applied).toBe(true);
    expect(up.first.session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done', changed: up.actions });
  });

  test('started every process once', () => {
    for (const { machine } of up.model.hosts.values()) expect(machine.starts).toEqual([...new Set(machine.starts)]);
  });

  test('a second run finds nothing to do, and costs one round trip a host', async () => {
    const { model, state } = up;
    const before = new Map([...model.hosts].map(([node, host]) => [node, host.roundTrips]));
    const second = await runInit(model, state);
    expect(second).toMatchObject({ applied: false, plan: { steps: [] } });
    expect(second.session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'nothing-to-do', changed: 0 });
    const spent = [...model.hosts].map(([node, host]) => host.roundTrips - (before.get(node) ?? 0));
    expect(new Set(spent)).toEqual(new Set([1]));
  });

  test('without the state directory the hosts give the cluster back', async () => {
    const { cluster, model, state } = up;
    const empty = memoryState();
    expect((await runInit(model, empty)).plan.steps).toEqual([]);
    const held = secretNames.filter((secret) => cluster.etcd.given === undefined || !secret.startsWith('etcd-ca.'));
    expect([...empty.files.keys()].sort()).toEqual(held.map((secret) => `pki/${secret}`).sort());
    for (const secret of held) expect([secret, await empty.read(`pki/${secret}`)]).toEqual([secret, await state.read(`pki/${secret}`)]);
  });

  test('the order of the inventory decides nothing', async () => {
    const { cluster, model, state } = up;
    const reversed = { ...cluster, nodes: cluster.nodes.toReversed() };
    expect((await runInit(model, state, {}, { cluster: reversed })).plan.steps).toEqual([]);
  });
});

describe('a run whose connections break', { timeout: 60_000 }, () => {
  /** A little less than there are. */
  const total = 130;

  test.each(Array.from({ length: 9 }, (_, index) => Math.round((index * total) / 8)))(
    'after %i actions is finished by the next',
    async (count) => {
      const model = new ModelCluster(await load('single.yaml'));
      const state = memoryState();
      model.actionsLeft = count;
      await expect(runInit(model, state)).rejects.toThrow(ConnectionLostError);
      model.actionsLeft = Number.POSITIVE_INFINITY;
      expect((await runInit(model, state)).applied).toBe(true);
      expect((await runInit(model, state)).plan.steps).toEqual([]);
      expect(model.nodes.size).toBe(1);
    },
  );

  test('there are as many actions as the table above thinks', async () => {
    const model = new ModelCluster(await load('single.yaml'));
    await runInit(model);
    expect(model.done.length).toBeGreaterThan(total);
  });

  test('with the state directory gone too, what the hosts hold is taken over', async () => {
    const model = new ModelCluster(await load('one-control-plane-two-workers.yaml'));
    model.actionsLeft = 130;
    const first = memoryState();
    await expect(runInit(model, first)).rejects.toThrow(/the connection broke|stopped on/);
    model.actionsLeft = Number.POSITIVE_INFINITY;
    const second = memoryState();
    expect((await runInit(model, second)).applied).toBe(true);
    expect(second.files.get('pki/ca.key')).toBe(first.files.get('pki/ca.key'));
  });
});

function machineOf(model: ModelCluster): ModelMachine {
  const host = model.hosts.get('node-1');
  if (host === undefined) throw new Error('no node-1');
  return host.machine;
}

/** The same cluster with other settings of its kubelets. */
function withMaxPods(cluster: Cluster, maxPods: number): Cluster {
  const nodes = cluster.nodes.map((node): Node => {
    const { kubelet } = node.components;
    return { ...node, components: { ...node.components, kubelet: { ...kubelet, config: { ...kubelet.config, maxPods } } } };
  });
  return { ...cluster, nodes };
}

interface Damage {
  readonly title: string;
  readonly restarts: readonly string[];
  do(machine: ModelMachine, model: ModelCluster): void;
}

const apiServerUnit = '/etc/systemd/system/kube-apiserver.service';
const damages: readonly Damage[] = [
  { title: 'a unit file edited', restarts: ['kube-apiserver.service'], do: (machine) => machine.edit(apiServerUnit, 'mine\n') },
  { title: 'a unit file removed', restarts: ['kube-apiserver.service'], do: (machine) => machine.remove(apiServerUnit) },
  {
    title: 'a key replaced',
    restarts: ['kube-apiserver.service'],
    do: (machine) => machine.edit('/etc/kubernetes/pki/apiserver.key', 'other\n'),
  },
  { title: 'a configuration edited', restarts: ['kubelet.service'], do: (machine) => machine.edit('/var/lib/kubelet/config.yaml', '{}\n') },
  { title: 'programs replaced', restarts: [], do: (machine) => machine.binaries.clear() },
  {
    title: 'a unit failed',
    restarts: ['kubelet.service'],
    do: ({ units }) => {
      const seen = units.get('kubelet.service');
      if (seen !== undefined) units.set('kubelet.service', { ...seen, active: 'failed', sub: 'failed' });
    },
  },
  { title: 'a kernel setting changed', restarts: [], do: ({ sysctls }) => void sysctls.set('net.ipv4.ip_forward', '0') },
  {
    title: 'a role binding deleted',
    restarts: [],
    do: (_, { objects }) => void objects.delete([...objects.keys()].find((key) => key.startsWith('ClusterRoleBinding/')) ?? ''),
  },
  { title: 'a label taken away', restarts: [], do: (_, { nodes }) => void nodes.set('node-1', { metadata: { name: 'node-1' } }) },
];

describe('what moved on a host is put back, and nothing else', { timeout: 60_000 }, () => {
  test.each(damages)('$title', async ({ do: damage, restarts }) => {
    const { model, state } = await bringUp('single.yaml');
    const machine = machineOf(model);
    machine.starts.length = 0;
    damage(machine, model);
    const { plan } = await runInit(model, state);
    expect(plan.steps.length).toBeGreaterThan(0);
    expect(machine.starts).toEqual(restarts);
    expect((await runInit(model, state)).plan.steps).toEqual([]);
  });
});

test('a run that dies between a file and its restart: the next one knows what the process was started with', {
  timeout: 60_000,
}, async () => {
  const { cluster, model, state } = await bringUp('single.yaml');
  const machine = machineOf(model);
  machine.starts.length = 0;
  const changed = withMaxPods(cluster, 57);
  model.actionsLeft = 1;
  await expect(runInit(model, state, {}, { cluster: changed })).rejects.toThrow(ConnectionLostError);
  expect([machine.texts.get('/var/lib/kubelet/config.yaml')?.includes('maxPods: 57'), machine.starts]).toEqual([true, []]);
  model.actionsLeft = Number.POSITIVE_INFINITY;
  await runInit(model, state, {}, { cluster: changed });
  expect(machine.starts).toEqual(['kubelet.service']);
  expect((await runInit(model, state, {}, { cluster: changed })).plan.steps).toEqual([]);
});

describe('a worker more', { timeout: 60_000 }, () => {
  const add = (cluster: Cluster): Cluster => {
    const worker = cluster.nodes.find((node) => node.name === 'worker-2');
    if (worker === undefined) throw new Error('no worker-2');
    const added: Node = { ...worker, name: 'worker-0', address: '192.0.2.29', internalAddress: '192.0.2.29' };
    return { ...cluster, nodes: [added, ...cluster.nodes] };
  };

  test('changes nothing on the others but their routes, and takes no range that is in use', async () => {
    const { cluster, model, state } = await bringUp('one-control-plane-two-workers.yaml');
    const larger = new ModelCluster(add(cluster));
    const hosts = new Map([...larger.hosts, ...model.hosts]);
    for (const [name, object] of model.nodes) larger.nodes.set(name, object);
    const { plan } = await runInit(model, state, { dryRun: true }, { cluster: add(cluster), hosts });
    expect(new Set(plan.steps.map((step) => step.node))).toContain('worker-0');
    const elsewhere = plan.steps.filter((step) => step.node !== 'worker-0').map((step) => step.id);
    expect(elsewhere).toMatchInlineSnapshot(`
      [
        "network/run@cp-1",
        "network/run@worker-1",
        "network/run@worker-2",
        "nodes/register@cp-1",
      ]
    `);
  });
});

describe('a node that is declared down', { timeout: 60_000 }, () => {
  const declareDown = (cluster: Cluster, name: string): Cluster => ({
    ...cluster,
    nodes: cluster.nodes.map((node) => (node.name === name ? { ...node, state: 'down' as const } : node)),
  });

  test('keeps nobody from coming up', async () => {
    const cluster = declareDown(await load('one-control-plane-two-workers.yaml'), 'worker-2');
    const model = new ModelCluster(cluster);
    const hosts = new Map([...model.hosts].filter(([name]) => name !== 'worker-2'));
    const { session, applied } = await runInit(model, undefined, {}, { hosts });
    expect(applied).toBe(true);
    expect([...model.nodes.keys()].sort()).toEqual(['cp-1', 'worker-1']);
    expect((await runInit(model, session.state, {}, { hosts })).plan.steps).toEqual([]);
  });

  test('gets what it lacks when it is back', async () => {
    const cluster = await load('one-control-plane-two-workers.yaml');
    const model = new ModelCluster(cluster);
    const hosts = new Map([...model.hosts].filter(([name]) => name !== 'worker-2'));
    const { session } = await runInit(model, undefined, {}, { hosts, cluster: declareDown(cluster, 'worker-2') });
    expect((await runInit(model, session.state)).applied).toBe(true);
    expect([...model.nodes.keys()].sort()).toEqual(['cp-1', 'worker-1', 'worker-2']);
    expect((await runInit(model, session.state)).plan.steps).toEqual([]);
  });
});
