import { describe, expect, test } from 'vitest';
import { readStatus } from '../../src/app/cluster-status.ts';
import { joinSteps } from '../../src/app/join-steps.ts';
import { listNodes } from '../../src/app/list-nodes.ts';
import { removeNode } from '../../src/app/remove-node.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import { absencesPath, readAbsences } from '../../src/cluster/absence.ts';
import type { Cluster, Node } from '../../src/cluster/cluster.ts';
import type { Step } from '../../src/engine/plan.ts';
import { ConnectionLostError, RefusedError } from '../../src/errors.ts';
import { joinWorkflow } from '../../src/workflows/init.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit, wanted } from './support/run-init.ts';

const load = useMirror();
const workers = 'one-control-plane-two-workers.yaml';
const three = 'three-control-planes.yaml';
const haproxy = '/etc/kcluster/haproxy.cfg';
const absent = 'kcluster.dev/absent:NoExecute';
const kubeletConfig = '/var/lib/kubelet/config.yaml';

const change = (cluster: Cluster, names: readonly string[], make: (node: Node) => Node): Cluster => ({
  ...cluster,
  nodes: cluster.nodes.map((node) => (names.includes(node.name) ? make(node) : node)),
});
const declareDown = (cluster: Cluster, ...names: readonly string[]): Cluster =>
  change(cluster, names, (node) => ({ ...node, state: 'down' }));
const withMaxPods = (cluster: Cluster, maxPods: number): Cluster => {
  const all = cluster.nodes.map(({ name }) => name);
  return change(cluster, all, (node) => {
    const { kubelet } = node.components;
    return { ...node, components: { ...node.components, kubelet: { ...kubelet, config: { ...kubelet.config, maxPods } } } };
  });
};

/** Without an endpoint, so that every node has a balancer. */
async function bringUp(name: string) {
  const { endpoint: _, ...cluster } = await load(name);
  const model = new ModelCluster(cluster);
  const { session } = await runInit(model);
  const { state } = session;
  /** A run of `init` with this inventory, which reaches only who is present in it. */
  const init = (inventory: Cluster, choices: Parameters<typeof runInit>[2] = {}) => {
    const away = inventory.nodes.filter((node) => node.state === 'down').map((node) => node.name);
    const hosts = new Map([...model.hosts].filter(([host]) => !away.includes(host)));
    return runInit(model, state, choices, { cluster: inventory, hosts });
  };
  return { cluster, model, state, init };
}

type Up = Awaited<ReturnType<typeof bringUp>>;
const textOn = ({ model }: Pick<Up, 'model'>, node: string, path: string): string | undefined =>
  model.hosts.get(node)?.machine.texts.get(path);
const recordOn = (up: Pick<Up, 'model'>, node: string) => readAbsences(textOn(up, node, absencesPath));
const taintsOf = ({ model }: Pick<Up, 'model'>, node: string): readonly string[] => {
  const { taints = [] } = (model.nodes.get(node)?.spec ?? {}) as {
    readonly taints?: readonly { readonly key: string; readonly effect: string }[];
  };
  return taints.map(({ key, effect }) => `${key}:${effect}`).filter((taint) => taint === absent);
};
const idsOf = (steps: readonly Step[]): readonly string[] => steps.map(({ id }) => id);

describe('a worker that is declared down', { timeout: 60_000 }, () => {
  test('everybody else goes on; it is tainted, and what it misses is written down', async () => {
    const up = await bringUp(workers);
    const down = withMaxPods(declareDown(up.cluster, 'worker-2'), 57);
    const { applied, plan } = await up.init(down);
    expect(applied).toBe(true);
    expect(plan.findings).toEqual([expect.objectContaining({ id: 'NodeDown', node: 'worker-2', severity: 'warning' })]);
    expect(idsOf(plan.steps)).toEqual(expect.arrayContaining(['host/prepare@cp-1', 'nodes/distrust@cp-1', 'kubelet/run@worker-1']));
    expect(textOn(up, 'worker-1', kubeletConfig)).toContain('maxPods: 57');
    expect(taintsOf(up, 'worker-2')).toEqual([absent]);
    expect(taintsOf(up, 'worker-1')).toEqual([]);
    expect(recordOn(up, 'cp-1').get('worker-2')).toMatchObject({ since: expect.stringMatching(/^\d{4}-.*\dZ$/), misses: ['kubelet'] });
    expect((await up.init(down)).plan.steps).toEqual([]);
  });

  test('the time of the first run stays; what comes later is added', async () => {
    const up = await bringUp(workers);
    await up.init(declareDown(up.cluster, 'worker-2'));
    const first = recordOn(up, 'cp-1').get('worker-2');
    expect(first?.misses).toEqual([]);
    await up.init(withMaxPods(declareDown(up.cluster, 'worker-2'), 57));
    expect(recordOn(up, 'cp-1').get('worker-2')).toEqual({ ...first, misses: ['kubelet'] });
    await up.init(declareDown(up.cluster, 'worker-2'));
    expect(recordOn(up, 'cp-1').get('worker-2')).toEqual(first);
  });

  test('back again it is brought up to date first, then trusted, and the record ends last', async () => {
    const up = await bringUp(workers);
    await up.init(withMaxPods(declareDown(up.cluster, 'worker-2'), 57));
    const changed = withMaxPods(up.cluster, 57);
    const { plan, applied } = await up.init(changed);
    expect(applied).toBe(true);
    expect(idsOf(plan.steps)).toEqual(['kubelet/run@worker-2', 'nodes/trust@cp-1', 'host/settle@cp-1']);
    const [kubelet, trust, settle] = plan.steps;
    expect(trust?.after).toContain(kubelet?.id);
    expect(settle?.after).toContain(trust?.id);
    expect(textOn(up, 'worker-2', kubeletConfig)).toContain('maxPods: 57');
    expect(taintsOf(up, 'worker-2')).toEqual([]);
    expect(textOn(up, 'cp-1', absencesPath)).toBeUndefined();
    expect((await up.init(changed)).plan.steps).toEqual([]);
  });

  test.each([0, 1, 2, 3, 4])('a run of its return that stops after %i actions distrusts it until the next one', async (count) => {
    const up = await bringUp(workers);
    await up.init(withMaxPods(declareDown(up.cluster, 'worker-2'), 57));
    const changed = withMaxPods(up.cluster, 57);
    up.model.actionsLeft = count;
    if (count < 4) await expect(up.init(changed)).rejects.toThrow(ConnectionLostError);
    else await up.init(changed);
    const isCurrent = textOn(up, 'worker-2', kubeletConfig)?.includes('maxPods: 57') === true;
    expect(taintsOf(up, 'worker-2').length === 1 || isCurrent).toBe(true);
    expect(textOn(up, 'cp-1', absencesPath) === undefined).toBe(count === 4);
    up.model.actionsLeft = Number.POSITIVE_INFINITY;
    await up.init(changed);
    expect([taintsOf(up, 'worker-2'), textOn(up, 'cp-1', absencesPath)]).toEqual([[], undefined]);
    expect((await up.init(changed)).plan.steps).toEqual([]);
  });

  test('a plan that was reviewed can be applied later, with its own time', async () => {
    const up = await bringUp(workers);
    const down = declareDown(up.cluster, 'worker-2');
    const { plan } = await up.init(down, { dryRun: true });
    const earlier = JSON.parse(JSON.stringify(plan).replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '2026-01-01T00:00:00Z')) as typeof plan;
    expect((await up.init(down, { reviewed: earlier })).applied).toBe(true);
    expect(recordOn(up, 'cp-1').get('worker-2')?.since).toBe('2026-01-01T00:00:00Z');
  });

  test('the taint goes where the record is lost', async () => {
    const up = await bringUp(workers);
    await up.init(declareDown(up.cluster, 'worker-2'));
    up.model.hosts.get('cp-1')?.machine.remove(absencesPath);
    expect(idsOf((await up.init(up.cluster)).plan.steps)).toEqual(['nodes/trust@cp-1']);
    expect(taintsOf(up, 'worker-2')).toEqual([]);
  });

  test('join brings it back too, and leaves what drifted elsewhere', async () => {
    const up = await bringUp(workers);
    await up.init(withMaxPods(declareDown(up.cluster, 'worker-2'), 57));
    const changed = withMaxPods(up.cluster, 57);
    up.model.hosts.get('worker-1')?.machine.edit(kubeletConfig, '{}\n');
    const session = await openModelSession(up.model, { state: up.state, cluster: changed });
    const { plan } = await runWorkflow(session, joinWorkflow, { ...wanted, makeSteps: joinSteps([]) });
    expect(idsOf(plan.steps)).toEqual(['kubelet/run@worker-2', 'nodes/trust@cp-1', 'host/settle@cp-1']);
    expect([taintsOf(up, 'worker-2'), textOn(up, 'cp-1', absencesPath)]).toEqual([[], undefined]);
    expect(idsOf((await up.init(changed)).plan.steps)).toEqual(['kubelet/run@worker-1']);
  });

  test('removed for good, its record goes with it', async () => {
    const up = await bringUp(workers);
    const down = declareDown(up.cluster, 'worker-2');
    await up.init(down);
    const live = up.model.nodes.get('worker-2');
    up.model.nodes.set('worker-2', { ...live, metadata: { name: 'worker-2', uid: 'u' }, status: {} });
    const hosts = new Map([...up.model.hosts].filter(([name]) => name !== 'worker-2'));
    const session = await openModelSession(up.model, { state: up.state, cluster: down, hosts });
    await removeNode(session, { node: 'worker-2', isDead: true, drain: { timeoutSeconds: 1, force: false } }, wanted);
    expect(textOn(up, 'cp-1', absencesPath)).toBeUndefined();
    const rest = { ...up.cluster, nodes: up.cluster.nodes.filter(({ name }) => name !== 'worker-2') };
    expect((await up.init(rest)).plan.steps).toEqual([]);
  });

  test('taken out of the inventory by hand, its record goes too', async () => {
    const up = await bringUp(workers);
    await up.init(declareDown(up.cluster, 'worker-2'));
    const rest = { ...up.cluster, nodes: up.cluster.nodes.filter(({ name }) => name !== 'worker-2') };
    await up.init(rest);
    expect(textOn(up, 'cp-1', absencesPath)).toBeUndefined();
  });

  test('status and nodes list tell since when, and what it misses', async () => {
    const up = await bringUp(workers);
    const down = withMaxPods(declareDown(up.cluster, 'worker-2'), 57);
    await up.init(down);
    const hosts = new Map([...up.model.hosts].filter(([name]) => name !== 'worker-2'));
    const absence = { since: recordOn(up, 'cp-1').get('worker-2')?.since, misses: ['kubelet'] };
    const { nodes } = await readStatus({ cluster: down, hosts, now: new Date() });
    expect(nodes[2]).toEqual({ node: 'worker-2', roles: ['worker'], state: 'declared down', reports: true, absence, components: [] });
    expect(nodes[1]).not.toHaveProperty('absence');
    const seen = new Map([...hosts].map(([name, host]) => [name, host.look()]));
    expect(listNodes(down, seen)[2]).toMatchObject({ state: 'declared down', distrusted: true, absence });
    // Present again, and not brought up to date yet.
    const returned = await readStatus({ cluster: up.cluster, hosts: up.model.hosts, now: new Date() });
    expect(returned.nodes[2]).toMatchObject({ state: 'Ready', absence });
  });

  test('one that never joined misses everything', async () => {
    const cluster = declareDown(await load(workers), 'worker-2');
    const model = new ModelCluster(cluster);
    const hosts = new Map([...model.hosts].filter(([name]) => name !== 'worker-2'));
    await runInit(model, undefined, {}, { hosts });
    expect(recordOn({ model }, 'cp-1').get('worker-2')?.misses).toEqual(
      expect.arrayContaining(['containerd', 'host', 'kubelet', 'network']),
    );
  });
});

describe('a control plane that is declared down', { timeout: 60_000 }, () => {
  const named = (up: Up, node: string): readonly string[] =>
    [...new Set([...(textOn(up, node, haproxy) ?? '').matchAll(/^ +server (\S+) /gm)].map(([, name = '']) => name))].sort();
  const names = (up: Up): readonly string[] =>
    up.cluster.nodes.filter(({ roles }) => roles.includes('control-plane')).map(({ name }) => name);

  test('no balancer names its API server until it is up to date', async () => {
    const up = await bringUp(three);
    const worker = up.cluster.nodes.find(({ roles }) => !roles.includes('control-plane'))?.name ?? '';
    const down = withMaxPods(declareDown(up.cluster, 'cp-3'), 57);
    expect(named(up, worker)).toEqual(names(up));
    await up.init(down);
    expect([named(up, worker), named(up, 'cp-1')]).toEqual([
      ['cp-1', 'cp-2'],
      ['cp-1', 'cp-2'],
    ]);
    expect([recordOn(up, 'cp-1').get('cp-3')?.misses, recordOn(up, 'cp-2')]).toEqual([['kubelet'], recordOn(up, 'cp-1')]);
    expect((await up.init(down)).plan.steps).toEqual([]);

    const changed = withMaxPods(up.cluster, 57);
    const { plan } = await up.init(changed);
    const settle = plan.steps.find(({ id }) => id === `balancer/settle@${worker}`);
    expect(settle?.after).toContain('kubelet/run@cp-3');
    expect(settle?.actions.map((action) => (action.kind === 'unit' ? action.op : action.kind))).toEqual(['file', 'reload']);
    expect(idsOf(plan.steps).filter((id) => id.startsWith('host/settle@'))).toEqual([
      'host/settle@cp-1',
      'host/settle@cp-2',
      'host/settle@cp-3',
    ]);
    expect([...names(up), worker].map((node) => named(up, node))).toEqual(Array(names(up).length + 1).fill(names(up)));
    expect([taintsOf(up, 'cp-3'), textOn(up, 'cp-3', absencesPath)]).toEqual([[], undefined]);
    expect((await up.init(changed)).plan.steps).toEqual([]);
  });

  test('what it wrote down before it went is not believed', async () => {
    const up = await bringUp(three);
    const worker = up.cluster.nodes.find(({ roles }) => !roles.includes('control-plane'))?.name ?? '';
    await up.init(declareDown(up.cluster, worker));
    const stale = textOn(up, 'cp-3', absencesPath) ?? '';
    await up.init(declareDown(up.cluster, 'cp-3'));
    expect(recordOn(up, 'cp-1').has(worker)).toBe(false);
    expect(textOn(up, 'cp-3', absencesPath)).toBe(stale);
    const { plan } = await up.init(up.cluster);
    expect(idsOf(plan.steps).filter((id) => id.startsWith('nodes/'))).toEqual(['nodes/trust@cp-1']);
    expect(textOn(up, 'cp-3', absencesPath)).toBeUndefined();
    expect((await up.init(up.cluster)).plan.steps).toEqual([]);
  });

  test('two of three, or all of them: refused before anything is done', async () => {
    const up = await bringUp(three);
    up.model.hosts.forEach((host, name) => {
      const etcd = host.machine.units.get('etcd.service');
      if (name !== 'cp-1' && etcd !== undefined) host.machine.units.set('etcd.service', { ...etcd, active: 'failed' });
    });
    const count = up.model.done.length;
    await expect(up.init(declareDown(up.cluster, 'cp-2', 'cp-3'))).rejects.toThrow(RefusedError);
    await expect(up.init(declareDown(up.cluster, ...names(up)))).rejects.toThrow('every control plane is declared down: cp-1, cp-2, cp-3');
    expect(up.model.done).toHaveLength(count);
  });
});
