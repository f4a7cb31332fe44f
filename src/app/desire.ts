import { selectNodeVersions } from '../artifacts/select-versions.ts';
import { stillAbsent } from '../cluster/absence.ts';
import type { Cluster, Node } from '../cluster/cluster.ts';
import { describeClusterObjects, describeNode } from '../components/describe-node.ts';
import { initialClusterFile } from '../components/etcd.ts';
import type { Description, Placement } from '../engine/description.ts';
import type { Desired } from '../engine/phase.ts';
import { readTemplate } from '../engine/template-source.ts';
import { createRenderer } from '../render/templates.ts';

const render = createRenderer(readTemplate);

/** Everything that follows from the inventory and the placement; only the description that was asked for last is kept: go node by node. */
export function desire(cluster: Cluster, placement: Placement): Desired {
  let last: { readonly name: string; readonly described: readonly Description[] } | undefined;
  const describe = (node: Node): readonly Description[] => {
    if (last?.name !== node.name)
      last = {
        name: node.name,
        described: describeNode(cluster, node, { ...placement, versions: selectNodeVersions(cluster, node) }, render),
      };
    return last.described;
  };
  const ofCluster = describeClusterObjects(cluster, placement);
  return {
    cluster,
    placement,
    describe,
    settled: () => [initialClusterFile(render, 'existing')],
    afterReturn: () => desire(cluster, { ...placement, absences: stillAbsent(cluster, placement.absences) }),
    clusterDescriptions: () => ofCluster,
  };
}
