import { describe, expect, test } from 'vitest';
import type { Cluster, Node } from '../../src/cluster/cluster.ts';
import { secretNames } from '../../src/engine/secret-name.ts';
import { ConnectionLostError } from '../../src/errors.ts';
import { memoryState } from './support/memory-state.ts';
import { inventoryNames, useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
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
  const total = 155;

  test.each(Array.from({ length: 11 }, (_, index) => 2 + index * 14))('after %i actions is finished by the next', async (count) => {
    const model = new ModelCluster(await load('single.yaml'));
    const state = memoryState();
    model.actionsLeft = count;
    await expect(runInit(model, state)).rejects.toThrow(ConnectionLostError);
    model.actionsLeft = Number.POSITIVE_INFINITY;
    expect((await runInit(model, state)).applied).toBe(true);
    expect((await runInit(model, state)).plan.steps).toEqual([]);
    expect(model.nodes.size).toBe(1);
  });

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

describe('what moved on a host is put back, and nothing else', () => {
  const apiServerUnit = '/etc/systemd/system/kube-apiserver.service';
  const stopped = { active: 'failed', sub: 'failed' } as const;

  test.each([
    ['a unit file edited', (model: ModelCluster) => hostOf(model).edit(apiServerUnit, 'mine\n'), ['kube-apiserver.service']],
    ['a unit file removed', (model: ModelCluster) => hostOf(model).remove(apiServerUnit), ['kube-apiserver.service']],
    [
      'a key replaced',
      (model: ModelCluster) => hostOf(model).edit('/etc/kubernetes/pki/apiserver.key', 'other\n'),
      ['kube-apiserver.service'],
    ],
    ['a configuration edited', (model: ModelCluster) => hostOf(model).edit('/var/lib/kubelet/config.yaml', '{}\n'), ['kubelet.service']],
    ['a program edited', (model: ModelCluster) => void hostOf(model).binaries.clear(), []],
    [
      'a unit failed',
      (model: ModelCluster) => {
        const seen = hostOf(model).units.get('kubelet.service');
        if (seen !== undefined) hostOf(model).units.set('kubelet.service', { ...seen, ...stopped });
      },
      ['kubelet.service'],
    ],
    ['a kernel setting changed', (model: ModelCluster) => void hostOf(model).sysctls.set('net.ipv4.ip_forward', '0'), []],
    ['a role binding deleted', (model: ModelCluster) => void model.objects.delete(bindingOf(model)), []],
    ['a label taken away', (model: ModelCluster) => void model.nodes.set('node-1', { metadata: { name: 'node-1' } }), []],
  ] as const)('%s', async (_, damage, restarted) => {
    const { model, state } = await bringUp('single.yaml');
    const machine = hostOf(model);
    machine.starts.length = 0;
    damage(model);
    const { plan } = await runInit(model, state);
    expect(plan.steps.length).toBeGreaterThan(0);
    expect(machine.starts.filter((unit) => (restarted as readonly string[]).includes(unit))).toEqual(restarted);
    expect((await runInit(model, state)).plan.steps).toEqual([]);
  });

  function hostOf(model: ModelCluster) {
    const host = model.hosts.get('node-1');
    if (host === undefined) throw new Error('no node-1');
    return host.machine;
  }

  function bindingOf(model: ModelCluster): string {
    return [...model.objects.keys()].find((key) => key.startsWith('ClusterRoleBinding/')) ?? '';
  }
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
