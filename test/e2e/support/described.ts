import type { Cluster, Node } from '../../../src/cluster/cluster.ts';
import { describeNode } from '../../../src/components/describe-node.ts';
import type { Description } from '../../../src/engine/description.ts';
import { readTemplate } from '../../../src/engine/template-source.ts';
import { loadInventory } from '../../../src/inventory/load-inventory.ts';
import { createRenderer } from '../../../src/render/templates.ts';
import { newPlacement } from '../../golden/render-inventory.ts';
import { shared } from './shared-cluster.ts';

export async function sharedNode(name: string): Promise<{ readonly cluster: Cluster; readonly node: Node }> {
  const cluster = await loadInventory(shared.inventory);
  const node = cluster.nodes.find((candidate) => candidate.name === name);
  if (node === undefined) throw new RangeError(`no node ${name}`);
  return { cluster, node };
}

/** What kcluster says that a node of the shared cluster holds; shares of the pod range are those of a new cluster. */
export async function describedOn(name: string): Promise<readonly Description[]> {
  const { cluster, node } = await sharedNode(name);
  return describeNode(cluster, node, newPlacement(cluster), createRenderer(readTemplate));
}
