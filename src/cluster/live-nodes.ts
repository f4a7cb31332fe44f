import type { JsonObject, NodeName } from './cluster.ts';

type LiveNodes = ReadonlyMap<NodeName, JsonObject>;

/** Node objects as the first API server that answered tells them; undefined when none did. */
export function liveNodes(observations: ReadonlyMap<NodeName, { readonly kubeNodes: LiveNodes | undefined }>): LiveNodes | undefined {
  return [...observations.values()].find(({ kubeNodes }) => kubeNodes !== undefined)?.kubeNodes;
}

/** Whether a Node object says that it takes no new pods. */
export function isCordoned(node: JsonObject | undefined): boolean {
  return (node?.spec as { readonly unschedulable?: boolean } | undefined)?.unschedulable === true;
}
