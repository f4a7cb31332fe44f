import type { Workflow } from '../engine/phase.ts';
import { everyNode } from '../phases/component-phases.ts';
import { type CareOptions, type DefragTarget, etcdDefrag, etcdDisarm } from '../phases/etcd-care.ts';

/** One after the other in this order, never two at once. @param keepsMore revisions beyond those that stay in the end */
function inTurn(
  targets: readonly DefragTarget[],
  options: CareOptions,
  keepsMore: (index: number) => number = () => 0,
): Workflow['phases'] {
  return targets.map((target, index) => {
    const before = targets[index - 1];
    const { reclaim } = options;
    const mine = reclaim === undefined ? options : { ...options, reclaim: { keepRevisions: reclaim.keepRevisions + keepsMore(index) } };
    return etcdDefrag(target, mine, before === undefined ? [] : [everyNode(`etcd/defrag-${before.node}`)]);
  });
}

/** Gives the gaps of etcd's files back to the disk. */
export function defragWorkflow(targets: readonly DefragTarget[], options: CareOptions): Workflow {
  return { name: 'etcd defrag', phases: inTurn(targets, options) };
}

/**
 * The way out of NOSPACE: history goes, the gaps that it leaves are given back, the alarm is taken away. etcd waits for a compaction
 * on the member that is asked only, and refuses one that was done: each member gets one of its own, one revision further than the last.
 */
export function reclaimWorkflow(targets: readonly DefragTarget[], options: CareOptions): Workflow {
  const phases = inTurn(targets, options, (index) => targets.length - 1 - index);
  const last = targets.at(-1);
  const end = last === undefined ? [] : [etcdDisarm(last.node, options.endpoints, [everyNode(`etcd/defrag-${last.node}`)])];
  return { name: 'etcd reclaim', phases: [...phases, ...end] };
}
