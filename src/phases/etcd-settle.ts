import { nodesWithRole } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode } from './component-phases.ts';

/** From now on an empty data directory is an accident, not a new cluster: what etcd reads at its start says so. */
export const etcdSettle: Phase = {
  id: 'etcd/settle',
  title: 'Settle etcd membership',
  after: [everyNode('etcd/run'), everyNode('etcd/promote')],
  rollout: 'parallel',
  targets: (cluster) => nodesWithRole(cluster, 'etcd'),
  resources: (desired, node) => desired.settled(node),
};
