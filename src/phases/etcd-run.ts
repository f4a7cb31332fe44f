import { nodesWithRole } from '../cluster/cluster.ts';
import { etcdPeerURL } from '../components/etcd.ts';
import type { EtcdJoin } from '../engine/description.ts';
import type { Dependency, Desired, Phase } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';
import { runPhase, sameNode } from './component-phases.ts';

const unit = 'etcd.service';
/** A member starts, catches up and votes before the next one is touched. */
const turn = 'etcd';

const joinOf = ({ placement }: Desired, name: string): EtcdJoin | undefined => placement.etcdJoins.get(name);

/** etcd on each member: founders side by side, one that joins as a learner. */
export function etcdRun(after: readonly Dependency[]): Phase {
  const phase = runPhase({ component: 'etcd', on: 'etcd', title: 'Run etcd', after, rollout: 'founding' });
  return {
    ...phase,
    turn,
    resources: (desired, node) => {
      const resources = phase.resources(desired, node);
      const join = joinOf(desired, node.name);
      if (join?.stage !== 'add') return resources;
      const learner: Resource = {
        kind: 'etcd-member',
        as: 'learner',
        name: node.name,
        peerURL: etcdPeerURL(node),
        endpoints: join.endpoints,
      };
      const isStart = (resource: Resource): boolean => resource.kind === 'unit';
      return [...resources.filter((resource) => !isStart(resource)), learner, ...resources.filter(isStart)];
    },
    gate: (desired, node) => {
      const join = joinOf(desired, node.name);
      if (join === undefined) return phase.gate?.(desired, node) ?? [];
      // A learner does not count as ready: it answers no reads that need a quorum.
      return [{ title: 'etcd has caught up', deadlineMs: 600_000, test: { kind: 'etcd-caught-up', endpoints: join.endpoints, unit } }];
    },
  };
}

/** A learner that has caught up becomes a voter. */
export const etcdPromote: Phase = {
  id: 'etcd/promote',
  title: 'Promote to voting member',
  after: [sameNode('etcd/run')],
  rollout: 'founding',
  turn,
  targets: (cluster) => nodesWithRole(cluster, 'etcd'),
  resources: (desired, node) => {
    const join = joinOf(desired, node.name);
    return join === undefined
      ? []
      : [{ kind: 'etcd-member', as: 'voter', name: node.name, peerURL: etcdPeerURL(node), endpoints: join.endpoints }];
  },
  gate: (desired, node) =>
    joinOf(desired, node.name) === undefined
      ? []
      : [{ title: 'etcd answers /readyz', deadlineMs: 60_000, test: { kind: 'http', url: 'http://127.0.0.1:2381/readyz', unit } }],
};
