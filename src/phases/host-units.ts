import type { Phase } from '../engine/phase.ts';
import { isUnitFile, sameNode } from './component-phases.ts';

/** All unit files of a host at once, so that systemd reads its configuration again a single time. */
export const hostUnits: Phase = {
  id: 'host/units',
  title: 'Write units',
  after: [sameNode('host/prepare')],
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => [...desired.describe(node).flatMap(({ run }) => run.filter(isUnitFile)), { kind: 'systemd' }],
};
