import { kubeletNodes, nodesWithRole } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode } from './component-phases.ts';

/** A kubelet that comes back by itself, with what it held when it went, is given no pods. */
export const nodesDistrust: Phase = {
  id: 'nodes/distrust',
  title: 'Distrust absent nodes',
  after: [everyNode('kube-apiserver/run'), everyNode('kubectl/run')],
  rollout: 'one',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  resources: ({ cluster }) =>
    kubeletNodes(cluster)
      .filter(({ state }) => state === 'down')
      .map(({ name }) => ({ kind: 'node-absence', node: name, absent: true }) as const)
      .toSorted((a, b) => (a.node < b.node ? -1 : 1)),
};
