import { kubeletNodes, nodesWithRole } from '../cluster/cluster.ts';
import type { Phase } from '../engine/phase.ts';
import { everyNode } from './component-phases.ts';

/** Nodes that came back take pods again, once all that they missed was made good and they are Ready. */
export const nodesTrust: Phase = {
  id: 'nodes/trust',
  title: 'Trust returned nodes',
  after: [
    everyNode('nodes/register'),
    everyNode('images/import'),
    everyNode('kube-proxy/run'),
    everyNode('kube-controller-manager/run'),
    everyNode('kube-scheduler/run'),
  ],
  rollout: 'one',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  // Every node that is there: the taint would stay for ever where the record is lost.
  resources: ({ cluster }) =>
    kubeletNodes(cluster)
      .filter(({ state }) => state === 'present')
      .map(({ name }) => ({ kind: 'node-absence', node: name, absent: false }) as const)
      .toSorted((a, b) => (a.node < b.node ? -1 : 1)),
  gate: ({ cluster, placement: { absences } }) => {
    const nodes = kubeletNodes(cluster)
      .filter(({ name, state }) => state === 'present' && absences.has(name))
      .map(({ name }) => name)
      .sort();
    if (nodes.length === 0) return [];
    return [{ title: `${nodes.join(', ')} Ready again`, deadlineMs: 180_000, test: { kind: 'nodes-ready', nodes } }];
  },
};
