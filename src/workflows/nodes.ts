import type { NodeName } from '../cluster/cluster.ts';
import type { Workflow } from '../engine/phase.ts';
import { everyNode } from '../phases/component-phases.ts';
import { type DrainOptions, nodeDrain } from '../phases/node-drain.ts';
import { nodesCordon } from '../phases/nodes-cordon.ts';

/** Nodes take no new pods, or take them again. */
export function cordonWorkflow(nodes: readonly NodeName[], on: boolean): Workflow {
  return { name: on ? 'nodes cordon' : 'nodes uncordon', phases: [nodesCordon(nodes, on)] };
}

/** All are cordoned first, so that no pod moves to a node that is drained next; then one is drained after the other. */
export function drainWorkflow(nodes: readonly NodeName[], options: DrainOptions): Workflow {
  const drains = nodes.map((node, index) => {
    const before = nodes[index - 1];
    return nodeDrain(node, options, [everyNode(before === undefined ? 'nodes/cordon' : `nodes/drain-${before}`)]);
  });
  return { name: 'nodes drain', phases: [nodesCordon(nodes, true), ...drains] };
}
