import type { Cluster, ComponentName, JsonObject, Node, NodeName } from '../cluster/cluster.ts';
import { nodesWithRole } from '../cluster/cluster.ts';
import { isCordoned, liveNodes } from '../cluster/live-nodes.ts';
import type { Member } from '../cluster/quorum.ts';
import { cordonAnnotation } from '../cluster/taint.ts';
import { unitName } from '../components/component.ts';
import { unitPath } from '../components/parts.ts';
import type { Condition } from '../engine/condition.ts';
import type { Observations } from '../engine/observation.ts';
import type { Dependency, Phase, PhaseId } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';
import { everyNode, isUnitFile, resourcesOf } from './component-phases.ts';
import { hostUnits } from './host-units.ts';
import { type DrainOptions, nodeDrain } from './node-drain.ts';

const only = (node: NodeName) => (nodes: readonly Node[]) => nodes.filter(({ name }) => name === node);

/** Components whose unit file is written with the release that it is for: a process that starts again meanwhile finds what it knows. */
const inTurn: readonly ComponentName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'containerd',
  'kubelet',
  'kube-proxy',
];
const unitsInTurn = new Set(inTurn.map((component) => unitPath(unitName(component))));

/** Unit files of everything that has no release of its own. */
export function unitsWithoutRelease(after: readonly Dependency[]): Phase {
  return {
    ...hostUnits,
    after,
    resources: (desired, node) =>
      hostUnits.resources(desired, node).filter((resource) => !('path' in resource && unitsInTurn.has(resource.path))),
  };
}

/** All of some components at once: programs, the links to them, configuration, unit file; the unit is started anew last. */
function withUnits(...components: readonly string[]): Phase['resources'] {
  return (desired, node) => {
    const all = components.flatMap((component) => resourcesOf(desired, node, component)).filter(({ kind }) => kind !== 'image');
    const units = all.filter(({ kind }) => kind === 'unit');
    const reload: readonly Resource[] = all.some(isUnitFile) ? [{ kind: 'systemd' }] : [];
    return [...all.filter(({ kind }) => kind !== 'unit'), ...reload, ...units];
  };
}

/** A phase that brings a component to another release, and takes it back where that fails. */
export function upgradeOf(phase: Phase, ...components: readonly string[]): Phase {
  return { ...phase, resources: withUnits(...components), reversible: true };
}

/** One node's part of a phase, as a phase of its own: it can stand between others of the same node. */
export function ofNode(phase: Phase, node: NodeName, after: readonly Dependency[]): Phase {
  return { ...phase, id: `${phase.id}-${node}`, after, rollout: 'serial', targets: (cluster) => only(node)(phase.targets(cluster)) };
}

/** Where everybody has been through the parts of a phase. */
export function allOf(phase: Phase, parts: readonly PhaseId[]): Phase {
  const { id, title, targets } = phase;
  return { id, title, after: parts.map(everyNode), rollout: 'parallel', targets, resources: () => [] };
}

/** The leader gives the lead away before it is taken down, for whatever reason. @param before the phase that may do that */
export function etcdYield(node: NodeName, successor: Member, before: PhaseId, after: readonly Dependency[]): Phase {
  return {
    id: 'etcd/yield',
    title: 'Move the lead of etcd',
    after,
    rollout: 'serial',
    targets: (cluster) => only(node)(nodesWithRole(cluster, 'etcd')),
    aheadOf: before,
    resources: () => [],
    actions: () => [{ kind: 'etcd-move-leader', to: successor.id, toName: successor.name }],
  };
}

const controlPlane = (cluster: Cluster) => nodesWithRole(cluster, 'control-plane');

/** Kept from taking pods by an upgrade, and by nobody else. */
export function isCordonedByUpgrade(node: object | undefined): boolean {
  const { metadata } = (node ?? {}) as { readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> } };
  return metadata?.annotations?.[cordonAnnotation] !== undefined;
}

/** Nodes that an upgrade keeps from taking pods, and nobody else; sorted. */
export function cordonedByUpgrade(observations: ReadonlyMap<NodeName, Observations>): readonly NodeName[] {
  const live = liveNodes(observations) ?? new Map<NodeName, JsonObject>();
  return [...live].flatMap(([name, node]) => (isCordonedByUpgrade(node) ? [name] : [])).sort();
}

/** Takes no new pods while it is upgraded; who was cordoned before stays so afterwards. */
export function upgradeCordon(node: NodeName, after: readonly Dependency[]): Phase {
  return {
    id: `nodes/cordon-${node}`,
    title: `Cordon ${node}`,
    after,
    rollout: 'one',
    targets: controlPlane,
    resources: () => [],
    actions: (_desired, _node, { kubeNodes }) =>
      isCordoned(kubeNodes?.get(node)) ? [] : [{ kind: 'kube-cordon', node, on: true, mark: cordonAnnotation }],
  };
}

/** Pods leave, and what they belong to is remembered. */
export function upgradeDrain(node: NodeName, drain: DrainOptions, after: readonly Dependency[]): Phase {
  return { ...nodeDrain(node, drain, after), actions: () => [{ kind: 'kube-drain', node, ...drain, notesWorkloads: true }] };
}

/** Takes pods again; of a node that was drained, nobody misses a pod afterwards. @param drain absent: pods stayed */
export function upgradeUncordon(node: NodeName, drain: DrainOptions | undefined, after: readonly Dependency[]): Phase {
  const ready: Condition = { title: `${node} is Ready`, deadlineMs: 180_000, test: { kind: 'nodes-ready', nodes: [node] } };
  const back = ({ timeoutSeconds }: DrainOptions): Condition => ({
    title: `what ran on ${node} has all its pods again`,
    deadlineMs: timeoutSeconds * 1000,
    test: { kind: 'workloads-back', node },
    remedy: 'look at the pods of that workload; run again to go on, then it is not waited for, or with more --drain-timeout if it needs it',
  });
  return {
    id: `nodes/uncordon-${node}`,
    title: `Uncordon ${node}`,
    after,
    rollout: 'one',
    targets: controlPlane,
    resources: () => [],
    actions: (_desired, _node, { kubeNodes }) => {
      const seen = kubeNodes?.get(node);
      const isOurs = isCordonedByUpgrade(seen) || (drain !== undefined && !isCordoned(seen));
      return isOurs ? [{ kind: 'kube-cordon', node, on: false, mark: cordonAnnotation }] : [];
    },
    gate: () => (drain === undefined ? [ready] : [ready, back(drain)]),
  };
}
