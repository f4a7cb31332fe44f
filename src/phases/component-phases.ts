import { type Cluster, kubeletNodes, type Node, nodesWithRole, type Role } from '../cluster/cluster.ts';
import type { Condition } from '../engine/condition.ts';
import type { Description } from '../engine/description.ts';
import type { Dependency, Desired, Phase, PhaseId, Rollout } from '../engine/phase.ts';
import type { Resource } from '../engine/resource.ts';

/** What differs between the phases of one component and another's. */
export interface ComponentPhase {
  readonly component: string;
  readonly on: Role | 'kubelet';
  readonly title: string;
  readonly after: readonly Dependency[];
  readonly rollout?: Rollout;
  /** What it installs comes with it: too little for a step of its own. */
  readonly installs?: boolean;
  /** Part of a rollout that takes a node through several phases. */
  readonly turn?: string;
  /** How long its health may take, from the start of its process. */
  readonly deadlineMs?: number;
}

export function targetsOf(on: ComponentPhase['on']): (cluster: Cluster) => readonly Node[] {
  return (cluster) => (on === 'kubelet' ? kubeletNodes(cluster) : nodesWithRole(cluster, on));
}

function descriptionOf(desired: Desired, node: Node, component: string): Description | undefined {
  return desired.describe(node).find((description) => description.component === component);
}

/** All that a component puts on a node. */
export function resourcesOf(desired: Desired, node: Node, component: string): readonly Resource[] {
  const description = descriptionOf(desired, node, component);
  return description === undefined ? [] : [...description.install, ...description.run];
}

/** The API objects of a component that lives in the cluster. */
export function clusterResources(desired: Desired, component: string): readonly Resource[] {
  return desired.clusterDescriptions().find((description) => description.component === component)?.run ?? [];
}

export const sameNode = (phase: PhaseId): Dependency => ({ phase, on: 'same' });
export const everyNode = (phase: PhaseId): Dependency => ({ phase, on: 'every' });
export const ownNode = (phase: PhaseId): Dependency => ({ phase, on: 'own' });

/** Accounts, directories, binaries and links of a component: may be put there while an older release runs. */
export function installPhase(component: string, on: ComponentPhase['on']): Phase {
  return {
    id: `${component}/install`,
    title: `Install ${component}`,
    after: [sameNode('host/prepare')],
    rollout: 'parallel',
    targets: targetsOf(on),
    resources: (desired, node) => descriptionOf(desired, node, component)?.install ?? [],
  };
}

/** Its health endpoints answer; a unit without any is active. */
function healthConditions(description: Description | undefined, deadlineMs: number): readonly Condition[] {
  if (description?.unit === undefined) return [];
  const { unit, health } = description;
  if (health.length === 0) return [{ title: `${unit} is active`, deadlineMs, test: { kind: 'unit-active', unit } }];
  return health.map(({ component, url, caFile }) => ({
    title: `${component} answers ${new URL(url).pathname}`,
    deadlineMs,
    test: { kind: 'http', url, unit, ...(caFile === undefined ? {} : { caFile }) },
  }));
}

/** Configuration, certificates and the unit of a component, awaited until it is healthy. Unit files come from `host/units`. */
export function runPhase(phase: ComponentPhase): Phase {
  const { component, on, title, after, rollout = 'parallel', turn, installs = false, deadlineMs = 60_000 } = phase;
  const targets = targetsOf(on);
  return {
    id: `${component}/run`,
    title,
    after,
    rollout,
    ...(turn === undefined ? {} : { turn }),
    targets,
    resources: (desired, node) => {
      const { install = [], run = [] } = descriptionOf(desired, node, component) ?? {};
      return [...(installs ? install : []), ...run].filter((resource) => !isUnitFile(resource) && resource.kind !== 'image');
    },
    gate: (desired, node) => healthConditions(descriptionOf(desired, node, component), deadlineMs),
  };
}

/** Unit files are written together, so that one daemon-reload serves them all. */
export function isUnitFile(resource: Resource): boolean {
  return resource.kind === 'file' && resource.path.startsWith('/etc/systemd/system/');
}
