import { describe, expect, test } from 'vitest';
import { batchWidth } from '../../src/cluster/batch-width.ts';
import type { Cluster, ComponentName } from '../../src/cluster/cluster.ts';
import type { Step } from '../../src/engine/plan.ts';
import { useMirror } from '../app/support/mirrored-inventory.ts';
import { ancestorsOf } from '../workflows/plan-init.ts';
import { Standing } from './support/standing.ts';

const load = useMirror();

function withFlag(cluster: Cluster, component: ComponentName, flag: string, value: string): Cluster {
  const nodes = cluster.nodes.map((node) => {
    const before = node.components[component];
    return { ...node, components: { ...node.components, [component]: { ...before, extraArgs: { ...before.extraArgs, [flag]: value } } } };
  });
  return { ...cluster, nodes };
}

/** Pairs of these steps neither of which waits for the other. */
function sideBySide(steps: readonly Step[], phase: string): readonly string[] {
  const ancestors = ancestorsOf(steps);
  const restarts = steps.filter((step) => step.phase === phase).map(({ id }) => id);
  return restarts.flatMap((one, index) =>
    restarts.slice(index + 1).flatMap((other) => {
      const waits = ancestors.get(one)?.has(other) === true || ancestors.get(other)?.has(one) === true;
      return waits ? [] : [`${one} ${other}`];
    }),
  );
}

describe('a change for all nodes', { timeout: 60_000 }, () => {
  test.each<[component: ComponentName, flag: string, value: string]>([
    ['containerd', 'log-level', 'debug'],
    ['kubelet', 'v', '4'],
    ['kube-apiserver', 'v', '4'],
    ['etcd', 'heartbeat-interval', '101'],
  ])('restarts %s nowhere on two nodes at once', async (component, flag, value) => {
    const cluster = await load('three-control-planes.yaml');
    const standing = await Standing.of(cluster);
    const { plan } = await standing.init({ cluster: withFlag(cluster, component, flag, value) }, { dryRun: true });
    const nodes = plan.steps.filter(({ phase }) => phase === `${component}/run`).map(({ node }) => node);
    expect(nodes.length).toBeGreaterThanOrEqual(3);
    expect(sideBySide(plan.steps, `${component}/run`)).toEqual([]);
  });

  test('cordons nobody that it does not drain', async () => {
    const cluster = await load('three-control-planes.yaml');
    const standing = await Standing.of(cluster);
    const { plan } = await standing.init({ cluster: withFlag(cluster, 'kubelet', 'v', '4') });
    expect(plan.steps.flatMap(({ actions }) => actions.filter(({ kind }) => kind === 'kube-cordon'))).toEqual([]);
  });

  test('10% of a few nodes is one at a time', () => {
    expect([2, 5, 9, 19].map((nodes) => batchWidth('10%', nodes))).toEqual([1, 1, 1, 1]);
  });
});
