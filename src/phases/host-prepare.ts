import { hasEveryUnit, joiningMark } from '../components/joining.ts';
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
  actions: (desired, node, seen) => {
    if (seen.files.has(joiningMark) || hasEveryUnit(desired.describe(node), seen)) return [];
    const owned = { mode: 0o600, owner: 'root', group: 'root' };
    return [{ kind: 'file', path: joiningMark, content: { text: 'joining\n' }, ...owned, expected: 'absent', why: 'until its last step' }];
  },
};
