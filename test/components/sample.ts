import { parse } from 'yaml';
import { selectVersions } from '../../src/artifacts/select-versions.ts';
import { type Cluster, nodeNamed } from '../../src/cluster/cluster.ts';
import { allotPodCIDRs } from '../../src/cluster/pod-cidrs.ts';
import { describeNode } from '../../src/components/describe-node.ts';
import type { Description, Placement } from '../../src/engine/description.ts';
import type { Resource, ResourceKind } from '../../src/engine/resource.ts';
import { readTemplate } from '../../src/engine/template-source.ts';
import { parseInventory } from '../../src/inventory/parse-inventory.ts';
import { createRenderer, type Render } from '../../src/render/templates.ts';

interface SampleNode {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
  readonly [key: string]: unknown;
}

export const one: readonly SampleNode[] = [{ name: 'n1', address: '192.0.2.1', roles: ['control-plane', 'worker'] }];
export const three: readonly SampleNode[] = [
  // Not in the order of the names: nothing may depend on the order of the inventory.
  { name: 'c', address: '192.0.2.3', roles: ['control-plane'] },
  { name: 'a', address: '192.0.2.1', roles: ['control-plane'] },
  { name: 'b', address: '192.0.2.2', roles: ['control-plane'] },
  { name: 'w', address: '192.0.2.9', roles: ['worker'] },
];
export const apart: readonly SampleNode[] = [
  { name: 'e2', address: '192.0.2.22', roles: ['etcd'] },
  { name: 'e1', address: '192.0.2.21', roles: ['etcd'] },
  { name: 'e3', address: '192.0.2.23', roles: ['etcd'] },
  { name: 'cp', address: '192.0.2.1', roles: ['control-plane'] },
  { name: 'w', address: '192.0.2.9', roles: ['worker'] },
];
export const dualStack = {
  podCIDR: ['10.244.0.0/16', 'fd00:10:244::/48'],
  serviceCIDR: ['10.96.0.0/16', 'fd00:10:96::/112'],
};

/** A valid cluster: JSON is YAML. */
export function sample(nodes: readonly SampleNode[] = one, cluster: object = {}): Cluster {
  const inventory = {
    apiVersion: 'kcluster/v1alpha1',
    kind: 'Inventory',
    cluster: { name: 'sample', kubernetesVersion: '1.37.1', ...cluster },
    nodes,
  };
  return parseInventory(JSON.stringify(inventory), 'sample.yaml');
}

/** The inventory refuses this with plugin `routed` on several nodes; components describe it all the same. */
export function dualStackSample(nodes: readonly SampleNode[], cluster: object = {}): Cluster {
  return { ...sample(nodes, cluster), network: sample(one, { network: dualStack }).network };
}

export const render: Render = createRenderer(readTemplate);

export function placementOf(cluster: Cluster, more: Partial<Placement> = {}): Placement {
  return {
    versions: selectVersions(cluster),
    podCIDRs: allotPodCIDRs(cluster, new Map()),
    etcdExists: false,
    etcdJoins: new Map(),
    refusals: [],
    absences: new Map(),
    ...more,
  };
}

/** What a component is on a node. */
export function describeOne(cluster: Cluster, node: string, component: string, placement = placementOf(cluster)): Description {
  const found = describeNode(cluster, nodeNamed(cluster, node), placement, render).find(
    (description) => description.component === component,
  );
  if (found === undefined) throw new RangeError(`no ${component} on ${node}`);
  return found;
}

export function componentNamesOf(cluster: Cluster, node: string): readonly string[] {
  return describeNode(cluster, nodeNamed(cluster, node), placementOf(cluster), render).map(({ component }) => component);
}

export function resources<Kind extends ResourceKind>(
  { install, run }: Description,
  kind: Kind,
): readonly Extract<Resource, { kind: Kind }>[] {
  return [...install, ...run].filter((resource): resource is Extract<Resource, { kind: Kind }> => resource.kind === kind);
}

/** Text of a file. @throws RangeError when there is no such file, or when it is a secret */
export function textOf(description: Description, path: string): string {
  const file = resources(description, 'file').find((candidate) => candidate.path === path);
  if (file === undefined || !('text' in file.content)) throw new RangeError(`no text for ${path}`);
  return file.content.text;
}

export function yamlOf(description: Description, path: string): unknown {
  return parse(textOf(description, path));
}

/** Flags of a component's unit, `name -> values`. */
export function flagsOf(description: Description): Readonly<Record<string, readonly string[]>> {
  const unit = textOf(description, `/etc/systemd/system/${description.unit}`);
  const flags: Record<string, string[]> = {};
  for (const [, name = '', value = ''] of unit.matchAll(/^ {2}"?--([\w-]+)=(.*?)"?(?: \\)?$/gm)) {
    flags[name] = [...(flags[name] ?? []), value];
  }
  return flags;
}
