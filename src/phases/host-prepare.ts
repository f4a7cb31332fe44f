import type { Phase } from '../engine/phase.ts';
import { resourcesOf } from './component-phases.ts';
import { ownershipOf } from './host-own.ts';

/** Programs, kernel modules and kernel settings that the components need. */
export const hostPrepare: Phase = {
  id: 'host/prepare',
  title: 'Prepare host',
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => [ownershipOf(desired, node), ...resourcesOf(desired, node, 'host')],
};
