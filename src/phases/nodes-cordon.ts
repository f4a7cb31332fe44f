import { type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { isCordoned } from '../cluster/live-nodes.ts';
import { cordonAnnotation } from '../cluster/taint.ts';
import type { Phase } from '../engine/phase.ts';
import { isCordonedByUpgrade } from './upgrade-phases.ts';

/** Nodes take no new pods, or take them again; asked of the API through one healthy control-plane host. */
export function nodesCordon(nodes: readonly NodeName[], on: boolean): Phase {
  return {
    id: on ? 'nodes/cordon' : 'nodes/uncordon',
    title: on ? 'Cordon nodes' : 'Uncordon nodes',
    rollout: 'one',
    targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
    resources: () => [],
    actions: (_desired, _node, { kubeNodes }) => {
      const wrong = nodes.filter((name) => isCordoned(kubeNodes?.get(name)) !== on);
      // Who takes pods again is nobody's that an upgrade would give back.
      const isMarked = (node: NodeName): boolean => !on && isCordonedByUpgrade(kubeNodes?.get(node));
      return wrong.map((node) => ({ kind: 'kube-cordon', node, on, ...(isMarked(node) ? { mark: cordonAnnotation } : {}) }));
    },
  };
}
