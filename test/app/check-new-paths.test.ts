import { beforeEach, describe, expect, test } from 'vitest';
import { joinSteps } from '../../src/app/join-steps.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { joinWorkflow } from '../../src/workflows/init.ts';
import { memoryState } from './support/memory-state.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit, wanted } from './support/run-init.ts';

const load = useMirror();
let cluster: Cluster;
let model: ModelCluster;
let state: ReturnType<typeof memoryState>;
beforeEach(async () => {
  cluster = await load('one-control-plane-two-workers.yaml');
  model = new ModelCluster(cluster);
  state = memoryState();
});

const addressOf = (name: string): string => cluster.nodes.find((node) => node.name === name)?.internalAddress ?? '';
/** That host does not reach this port of another. */
const cut = (from: string, to: string, port: number): unknown =>
  model.hosts.get(from)?.unreached.set(`${addressOf(to)} ${port}`, '28\t0.000000 \t');
const tried = (name: string): readonly string[] => (model.hosts.get(name)?.ran ?? []).filter((title) => /^try \d+ paths$/.test(title));
const noticesOf = ({ session }: Awaited<ReturnType<typeof runInit>>): readonly string[] =>
  session.events.flatMap((event) => (event.type === 'notice' ? [`${event.level} ${event.node} ${event.text}`] : []));

/** Only these nodes are in the inventory. */
const only = (...names: readonly string[]) => {
  const hosts = new Map([...model.hosts].filter(([name]) => names.includes(name)));
  return { cluster: { ...cluster, nodes: cluster.nodes.filter(({ name }) => names.includes(name)) }, hosts };
};

async function join(ignorePreflight: readonly string[] = []) {
  const session = await openModelSession(model, { state });
  return runWorkflow(session, joinWorkflow, { ...wanted, ignorePreflight, makeSteps: joinSteps([]) });
}

describe('before a cluster is founded', { timeout: 60_000 }, () => {
  test('all pairs are tried once, and the second run tries none', async () => {
    await runInit(model, state);
    for (const name of model.hosts.keys()) expect([name, tried(name).length]).toEqual([name, 1]);
    await runInit(model, state);
    for (const name of model.hosts.keys()) expect([name, tried(name).length]).toEqual([name, 1]);
  });

  test('a pair that is cut stops the run with 3; only that pair is named, and nothing was asked or changed', async () => {
    cut('cp-1', 'worker-2', 10250);
    const asked: unknown[] = [];
    const refused = runInit(model, state, { confirm: async (plan) => void asked.push(plan) });
    await expect(refused).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringMatching(/^cp-1: worker-2 \(.*\) does not answer on 10250: .* \[PortReachable\]$/),
    });
    expect([asked, model.done, state.files.size]).toEqual([[], [], 0]);
    for (const host of model.hosts.values()) expect(host.ran.at(-1)).toBe('stop listening');
  });

  test('waived by its name it is a notice, and no part of the plan', async () => {
    cut('cp-1', 'worker-2', 10250);
    const ran = await runInit(model, state, { ignorePreflight: ['PortReachable'] });
    expect(ran.applied).toBe(true);
    expect(ran.plan.findings).toEqual([]);
    expect(noticesOf(ran)).toEqual([expect.stringMatching(/^warning cp-1 worker-2 .* does not answer on 10250: .* \[PortReachable\]$/)]);
  });

  test('a dry run opens no port', async () => {
    cut('cp-1', 'worker-2', 10250);
    await runInit(model, state, { dryRun: true });
    for (const host of model.hosts.values()) expect(host.followed).toEqual([]);
  });

  test('a single host has nobody to try', async () => {
    const alone = new ModelCluster(await load('single.yaml'));
    await runInit(alone);
    expect(alone.hosts.get('node-1')?.ran).not.toContain('read the clock');
  });
});

describe('before a node joins', { timeout: 60_000 }, () => {
  beforeEach(async () => {
    await runInit(model, state, {}, only('cp-1', 'worker-1'));
  });

  test('only pairs with the new node are tried: a way between others is not asked again', async () => {
    cut('cp-1', 'worker-1', 10250);
    await join();
    expect([tried('cp-1').at(-1), tried('worker-2')]).toEqual(['try 1 paths', ['try 1 paths']]);
    expect(tried('worker-1')).toHaveLength(1);
  });

  test('a pair with it that is cut stops the join, unless it is waived by name', async () => {
    cut('worker-2', 'cp-1', 6443);
    model.done.length = 0;
    await expect(join()).rejects.toMatchObject({ exitCode: 3, message: expect.stringContaining('does not answer on 6443') });
    expect(model.done).toEqual([]);
    expect((await join(['PortReachable'])).applied).toBe(true);
  });
});
