import { describe, expect, test } from 'vitest';
import { joinSteps } from '../../src/app/join-steps.ts';
import { runWorkflow } from '../../src/app/run-workflow.ts';
import type { Cluster } from '../../src/cluster/cluster.ts';
import { joinWorkflow } from '../../src/workflows/init.ts';
import { largeInventory } from './support/large-inventory.ts';
import { useMirror } from './support/mirrored-inventory.ts';
import { ModelCluster } from './support/model-cluster.ts';
import { openModelSession } from './support/model-session.ts';
import { runInit, wanted } from './support/run-init.ts';

const load = useMirror();

interface Cost {
  /** Steps of the plan. */
  readonly steps: readonly string[];
  readonly roundTrips: number;
}

/** A worker joins a cluster of so many nodes: what that costs each of the others. */
async function joinOne(count: number, network: object): Promise<{ readonly newcomer: Cost; readonly others: ReadonlyMap<string, Cost> }> {
  const { artifacts } = await load('single.yaml');
  const mirrored = (cluster: Cluster): Cluster => ({ ...cluster, artifacts });
  const cluster = mirrored(largeInventory(count, network));
  const larger = mirrored(largeInventory(count + 1, network));
  const model = new ModelCluster(cluster);
  const { session: founder } = await runInit(model);
  const after = new ModelCluster(larger);
  const hosts = new Map([...after.hosts, ...model.hosts]);
  const before = new Map([...hosts].map(([node, host]) => [node, host.roundTrips]));
  const newcomer = larger.nodes.at(-1)?.name ?? '';
  // The new host registers with the API that the others serve.
  Object.assign(after, { nodes: model.nodes, objects: model.objects, hasApi: () => true });
  const session = await openModelSession(model, {
    cluster: larger,
    state: founder.state,
    hosts,
    onEvent: (event) => {
      if (event.type === 'planned') after.plan = event.plan;
    },
  });
  const { plan, applied } = await runWorkflow(session, joinWorkflow, { ...wanted, makeSteps: joinSteps([]) });
  expect(applied).toBe(true);
  const costs = new Map(
    [...hosts].map(([node, host]): [string, Cost] => {
      const steps = plan.steps.flatMap((step) => (step.node === node ? [step.phase] : []));
      return [node, { steps, roundTrips: host.roundTrips - (before.get(node) ?? 0) }];
    }),
  );
  const mine = costs.get(newcomer) ?? { steps: [], roundTrips: 0 };
  costs.delete(newcomer);
  return { newcomer: mine, others: costs };
}

const distinct = (costs: Iterable<Cost>): readonly Cost[] => [...new Map([...costs].map((cost) => [JSON.stringify(cost), cost])).values()];

describe.each([10, 100])('a worker joins %i nodes', { timeout: 300_000 }, (count) => {
  test('routed: the other workers get the list of routes, and nothing else', async () => {
    const { newcomer, others } = await joinOne(count, {});
    const controlPlane = others.get('n0000');
    const workers = distinct([...others].flatMap(([name, cost]) => (name === 'n0000' ? [] : [cost])));
    // The look, the step, and the wait until the unit is active.
    expect(workers).toEqual([{ steps: ['network/run'], roundTrips: 3 }]);
    // It holds the lock, and tells the API about the newcomer.
    expect(controlPlane?.steps).toEqual(['network/run', 'nodes/register']);
    expect(newcomer.steps).toContain('kubelet/run');
  });

  test('none: the other workers get nothing', async () => {
    const { newcomer, others } = await joinOne(count, { plugin: 'none' });
    const workers = distinct([...others].flatMap(([name, cost]) => (name === 'n0000' ? [] : [cost])));
    expect(workers).toEqual([{ steps: [], roundTrips: 1 }]);
    expect(others.get('n0000')?.steps).toEqual(['nodes/register']);
    expect(newcomer.steps).toContain('kubelet/run');
  });
});
