import type { Cluster, Node, NodeName } from '../cluster/cluster.ts';
import type { Action } from './action.ts';
import type { Condition } from './condition.ts';
import type { Description, Placement } from './description.ts';
import type { Observations } from './observation.ts';
import type { Resource } from './resource.ts';

export type PhaseId = `${string}/${string}`;

/**
 * `same`: the phase on the same node must be done; `every`: on every node it targets; `own`: on the same node where it has a
 * step there, else on every node, and on every node before something that runs is taken down.
 */
export interface Dependency {
  readonly phase: PhaseId;
  readonly on: 'same' | 'every' | 'own';
}

/**
 * How a phase spreads over its nodes. `one`: any one of them will do, a healthy one is chosen per run. `founding`: side by side
 * while the cluster is founded; once it exists, what only starts comes first, and what joins or is restarted one at a time after
 * that, because members and API servers then have something to lose. `batches`: what only starts at once, restarts in batches.
 * `inOrder`: one after the other like those nodes; others come before them.
 */
export type Rollout =
  | 'parallel'
  | 'serial'
  | 'founding'
  | 'batches'
  | 'one'
  | { readonly maxUnavailable: number }
  | { readonly inOrder: readonly NodeName[] };

/** The inventory together with everything that follows from it. */
export interface Desired {
  readonly cluster: Cluster;
  readonly placement: Placement;
  /** Nodes that the run is about, whose readiness it awaits; absent: all. */
  readonly focus?: ReadonlySet<NodeName>;
  /** Every component of a node, in bring-up order. */
  describe(node: Node): readonly Description[];
  /** What replaces the first start's settings of etcd once all members run. */
  settled(node: Node): readonly Resource[];
  /** The same once everybody who came back is up to date, and trusted again. */
  afterReturn(): Desired;
  /** What belongs into the cluster's API, whichever node it is asked through. */
  clusterDescriptions(): readonly Description[];
}

/** One named step over a set of nodes, as data: what must be there, on whom, after what, and what is awaited. */
export interface Phase {
  readonly id: PhaseId;
  readonly title: string;
  readonly after?: readonly Dependency[];
  readonly rollout: Rollout;
  /** Neighbours with the same turn are one rollout: a node goes through all of them before the next one begins. The first says how. */
  readonly turn?: string;
  targets(cluster: Cluster): readonly Node[];
  resources(desired: Desired, node: Node): readonly Resource[];
  /** What no resource asks for, such as taking a node out of service; done after what the resources need. */
  actions?(desired: Desired, node: Node, seen: Observations): readonly Action[];
  /** Nothing on a node where that phase, which comes after it, takes nothing that runs down. */
  readonly aheadOf?: PhaseId;
  /** Where its gate does not open, the host gets back what it had. */
  readonly reversible?: true;
  /** There is a step even where nothing is to be changed: what it awaits must hold. */
  readonly always?: true;
  /** Awaited when the phase changed something, or when a health endpoint of it did not answer. */
  gate?(desired: Desired, node: Node): readonly Condition[];
}

/** A verb: its name and its phases in the order in which people read them. */
export interface Workflow {
  readonly name: string;
  readonly phases: readonly Phase[];
  /** It ends the etcd that is there and makes one anew: who its members are, and whether they answer, means nothing. */
  readonly restores?: true;
  /** It brings hosts to the releases of the inventory. */
  readonly bringsReleases?: true;
}
