import type { Phase } from '../engine/phase.ts';
import { resourcesOf } from './component-phases.ts';

/** Programs, kernel modules and kernel settings that the components need. */
export const hostPrepare: Phase = {
  id: 'host/prepare',
  title: 'Prepare host',
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => [
    { kind: 'ownership', cluster: desired.cluster.name, of: desired.describe(node).flatMap(({ install, run }) => [...install, ...run]) },
    ...resourcesOf(desired, node, 'host'),
  ],
};
