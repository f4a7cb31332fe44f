import type { Phase } from '../engine/phase.ts';
import { resourcesOf, sameNode } from './component-phases.ts';

/** Certificates of the authorities everywhere, their keys only on control-plane nodes. */
export const pkiAuthorities: Phase = {
  id: 'pki/authorities',
  title: 'Write authorities',
  after: [sameNode('host/prepare')],
  rollout: 'parallel',
  targets: (cluster) => cluster.nodes,
  resources: (desired, node) => resourcesOf(desired, node, 'authorities'),
};
