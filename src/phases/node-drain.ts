import { type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import type { Dependency, Phase } from '../engine/phase.ts';
import { podsToEvict } from './drain-findings.ts';

export interface DrainOptions {
  /** How long all pods of one node may take to be gone. */
  readonly timeoutSeconds: number;
  /** Deletes pods that nobody makes again, too. */
  readonly force: boolean;
}

/** Evicts the pods of a cordoned node, awaited until none is left that has to go. */
export function nodeDrain(node: NodeName, { timeoutSeconds, force }: DrainOptions, after: readonly Dependency[]): Phase {
  return {
    id: `nodes/drain-${node}`,
    title: `Drain ${node}`,
    after,
    rollout: 'one',
    targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
    resources: () => [],
    actions: (_desired, _node, { kubePods }) =>
      podsToEvict(kubePods?.pods.get(node) ?? []).length === 0 ? [] : [{ kind: 'kube-drain', node, timeoutSeconds, force }],
    gate: () => [
      {
        title: `${node} is drained`,
        deadlineMs: timeoutSeconds * 1000,
        test: { kind: 'node-drained', node, force },
        remedy: `${node} stays cordoned; give the workloads that are named more replicas, or loosen their budgets, and run again with more --drain-timeout if they need it; or give the node back with kcluster nodes uncordon ${node}`,
      },
    ],
  };
}
