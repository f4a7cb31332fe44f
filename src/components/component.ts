import type { Cluster, ComponentName, Node } from '../cluster/cluster.ts';
import type { Description, Placement } from '../engine/description.ts';
import type { FileResource } from '../engine/resource.ts';
import { type Flags, formatFlags } from '../render/flags.ts';
import type { Render } from '../render/templates.ts';
import { textFile, unitPath } from './parts.ts';

/** What a component is on a node. Pure: the same values give the same bytes. */
export type Describe = (cluster: Cluster, node: Node, placement: Placement, render: Render) => Description;

export function unitName(component: ComponentName): string {
  return `${component}.service`;
}

function sortKeys(record: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The unit of a component: its template with our flags, and the user's flags and environment over them. */
export function unitFile(render: Render, node: Node, component: ComponentName, flags: Flags, values: object = {}): FileResource {
  const { extraArgs, env } = node.components[component];
  const text = () => render(`${component}/${unitName(component)}`, { ...values, flags: formatFlags(flags, extraArgs), env: sortKeys(env) });
  return textFile(unitPath(unitName(component)), text);
}
