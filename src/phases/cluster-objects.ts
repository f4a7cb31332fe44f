import { nodesWithRole } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { clusterResources, everyNode } from './component-phases.ts';

/** Role bindings that the components and the operator's kubeconfig rely on. */
export const clusterObjects: Phase = {
  id: 'cluster/objects',
  title: 'Apply cluster roles',
  after: [everyNode('kube-apiserver/run'), everyNode('kubectl/run')],
  rollout: 'one',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  resources: (desired) => clusterResources(desired, 'rbac'),
};
