import { nodesWithRole } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { clusterResources, everyNode } from './component-phases.ts';

/** Cluster DNS, and that it serves. */
export const corednsApply: Phase = {
  id: 'coredns/apply',
  title: 'Apply CoreDNS',
  after: [everyNode('cluster/objects'), everyNode('nodes/register'), everyNode('images/import')],
  rollout: 'one',
  targets: (cluster) => (cluster.addons.coredns ? nodesWithRole(cluster, 'control-plane') : []),
  resources: (desired) => clusterResources(desired, 'coredns'),
  gate: () => [
    {
      title: 'CoreDNS is available',
      deadlineMs: 180_000,
      test: { kind: 'deployment-available', name: 'kube-system/coredns' },
      remedy: 'kubectl -n kube-system describe pods -l k8s-app=kube-dns says why its pods do not run; mend the cause, and run again',
    },
  ],
};
