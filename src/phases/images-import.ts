import { kubeletNodes } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode, sameNode } from './component-phases.ts';

/**
 * Images that the operator's mirror holds, so that no node has to reach a registry for them. Nothing of a node's own start needs one:
 * unpacking them leaves the processors to API servers that make their first roles, and to kubelets that register.
 */
export const imagesImport: Phase = {
  id: 'images/import',
  title: 'Import images',
  after: [sameNode('containerd/run'), sameNode('kubelet/run'), everyNode('kubectl/run')],
  rollout: 'parallel',
  targets: kubeletNodes,
  resources: (desired, node) => desired.describe(node).flatMap(({ run }) => run.filter((resource) => resource.kind === 'image')),
};
