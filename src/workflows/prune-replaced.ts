import { nodesWithRole } from '../cluster/cluster.ts';
import type { Workflow } from '../engine/phase.ts';
import { replacedDataOf } from '../phases/restore-phases.ts';

/** Data that restores put aside goes for good. */
export const pruneReplacedWorkflow: Workflow = {
  name: 'etcd snapshot restore --prune',
  phases: [
    {
      id: 'restore/prune',
      title: 'Remove replaced data',
      rollout: 'parallel',
      targets: (cluster) => nodesWithRole(cluster, 'etcd'),
      resources: () => [],
      actions: (_, __, seen) => replacedDataOf(seen).map((path) => ({ kind: 'take-away', of: 'data', path })),
    },
  ],
};
