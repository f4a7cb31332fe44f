import { describe, expect, test } from 'vitest';
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
  const { session } = await runInit(model);
  model.done.length = 0;
  return { cluster, model, state: session.state };
}

describe.each(inventoryNames)('%s', (name) => {
  test('after one run a second finds nothing to do', async () => {
    const model = new ModelCluster(await load(name));
    const first = await runInit(model);
    expect(first.applied).toBe(true);
    expect(first.session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'done' });
    const second = await runInit(model, first.session.state);
    expect(second).toMatchObject({ applied: false, plan: { steps: [] } });
    expect(second.session.events.at(-1)).toMatchObject({ type: 'run-finished', outcome: 'nothing-to-do', changed: 0 });
  });

  test('a second run costs one round trip a host', async () => {
    const { model, state } = await bringUp(name);
    const before = new Map([...model.hosts].map(([node, host]) => [node, host.roundTrips]));
    await runInit(model, state);
    const spent = [...model.hosts].map(([node, host]) => host.roundTrips - (before.get(node) ?? 0));
    expect(new Set(spent)).toEqual(new Set([1]));
  });

  test('without the state directory the hosts give the cluster back', async () => {
    const { model, state } = await bringUp(name);
    const empty = memoryState();
    expect((await runInit(model, empty)).plan.steps).toEqual([]);
    for (const secret of secretNames)
      expect([secret, await empty.read(`pki/${secret}`)]).toEqual([secret, await state.read(`pki/${secret}`)]);
  });

  test('the order of the inventory decides nothing', async () => {
    const { cluster, model, state } = await bringUp(name);
    const reversed = { ...cluster, nodes: cluster.nodes.toReversed() };
    expect((await runInit(model, state, {}, { cluster: reversed })).plan.steps).toEqual([]);
  });

  test('every process was started once', async () => {
    const { model } = await bringUp(name);
    for (const { machine } of model.hosts.values()) expect(machine.starts).toEqual([...new Set(machine.starts)]);
  });
});

describe('a run whose connections break', () => {
  /** A little less than there are. */
  const total = 130;

  test.each(Array.from({ length: 11 }, (_, index) => Math.round((index * total) / 10)))(
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

describe('what moved on a host is put back, and nothing else', () => {
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

describe('a worker more', () => {
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
