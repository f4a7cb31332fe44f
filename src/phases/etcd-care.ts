import { type NodeName, nodesWithRole } from '../cluster/cluster.ts';
import { defragTimeoutSeconds, gainOf, type Room } from '../cluster/etcd-room.ts';
import type { Member } from '../cluster/quorum.ts';
import type { Action } from '../engine/action.ts';
import type { Condition } from '../engine/condition.ts';
import type { Dependency, Phase } from '../engine/phase.ts';

/** A member whose file is written anew, and where it lives. */
export interface DefragTarget extends Room {
  readonly node: NodeName;
  readonly member: Member;
  /** Leads meanwhile; only where the member leads, and there is another voter. */
  readonly successor?: Member;
}

export interface Reclaiming {
  /** Revisions that stay, of the newest. */
  readonly keepRevisions: number;
}

export interface CareOptions {
  /** Client URLs of all members. */
  readonly endpoints: readonly string[];
  /** There is one voter only. */
  readonly isAlone: boolean;
  /** History goes first. */
  readonly reclaim?: Reclaiming;
}

const unit = 'etcd.service';

/** The next member is touched only when this one serves again, and has what the others have. */
function gateOf({ sizeBytes }: Room, { endpoints, isAlone }: CareOptions): readonly Condition[] {
  const deadlineMs = defragTimeoutSeconds(sizeBytes) * 1000;
  const serves: Condition = {
    title: 'etcd answers /readyz',
    deadlineMs,
    test: { kind: 'http', url: 'http://127.0.0.1:2381/readyz', unit },
  };
  return isAlone ? [serves] : [serves, { title: 'etcd has caught up', deadlineMs, test: { kind: 'etcd-caught-up', endpoints, unit } }];
}

function actionsOf(
  { member: { id, name }, successor, sizeBytes, inUseBytes }: DefragTarget,
  { isAlone, reclaim }: CareOptions,
): readonly Action[] {
  const timeoutSeconds = defragTimeoutSeconds(sizeBytes);
  // Pages that a compaction frees count as in use until the next write, and none comes while etcd takes no writes.
  const leastGainBytes = reclaim === undefined ? Math.floor(gainOf({ sizeBytes, inUseBytes }) / 2) : 0;
  return [
    ...(reclaim === undefined ? [] : [{ kind: 'etcd-compact', keepRevisions: reclaim.keepRevisions, timeoutSeconds } as const]),
    ...(successor === undefined ? [] : [{ kind: 'etcd-move-leader', to: successor.id, toName: successor.name } as const]),
    { kind: 'etcd-defrag', id, name, sizeBytes, inUseBytes, leastGainBytes, isAlone, timeoutSeconds },
  ];
}

/** One member: out of the lead, its file written anew, awaited until it is of use again. */
export function etcdDefrag(target: DefragTarget, options: CareOptions, after: readonly Dependency[]): Phase {
  return {
    id: `etcd/defrag-${target.node}`,
    title: 'Defragment etcd',
    after,
    rollout: 'serial',
    targets: (cluster) => nodesWithRole(cluster, 'etcd').filter(({ name }) => name === target.node),
    resources: () => [],
    actions: () => actionsOf(target, options),
    gate: () => gateOf(target, options),
  };
}

/** Writes again, once there is room on every member. */
export function etcdDisarm(node: NodeName, endpoints: readonly string[], after: readonly Dependency[]): Phase {
  return {
    id: 'etcd/disarm',
    title: 'Let etcd take writes again',
    after,
    rollout: 'one',
    targets: (cluster) => nodesWithRole(cluster, 'etcd').filter(({ name }) => name === node),
    resources: () => [],
    actions: () => [{ kind: 'etcd-disarm', endpoints }],
  };
}
