import { absencesPath } from '../cluster/absence.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import type { Desired, Phase } from '../engine/phase.ts';
import { everyNode, resourcesOf, runPhase } from './component-phases.ts';

/** Nobody came back: what is desired afterwards is what is desired anyway. */
const nobodyReturns = ({ cluster, placement: { absences } }: Desired): boolean =>
  absences.size === 0 || !cluster.nodes.some(({ name, state }) => state === 'present' && absences.has(name));

const balancer = runPhase({ component: 'balancer', on: 'kubelet', title: 'Balance to returned API servers', after: [] });

/** Balancers name API servers that came back once these are up to date. */
export const balancerSettle: Phase = {
  ...balancer,
  id: 'balancer/settle',
  after: [everyNode('nodes/register'), everyNode('kube-controller-manager/run'), everyNode('kube-scheduler/run')],
  resources: (desired, node) => (nobodyReturns(desired) ? [] : balancer.resources(desired.afterReturn(), node)),
  gate: (desired, node) => (nobodyReturns(desired) ? [] : (balancer.gate?.(desired, node) ?? [])),
};

/** The record of an absence ends last: until then a run that was stopped finds it, and goes on. */
export const hostSettle: Phase = {
  id: 'host/settle',
  title: 'Settle the record of absent nodes',
  after: [everyNode('nodes/trust'), everyNode('balancer/settle')],
  rollout: 'parallel',
  targets: (cluster) => nodesWithRole(cluster, 'control-plane'),
  resources: (desired, node) =>
    nobodyReturns(desired)
      ? []
      : resourcesOf(desired.afterReturn(), node, 'host').filter((resource) => 'path' in resource && resource.path === absencesPath),
};
