import type { ComponentName, NodeName } from '../cluster/cluster.ts';
import type { Version } from '../cluster/version.ts';
import type { Observations } from '../engine/observation.ts';
import type { Desired } from '../engine/phase.ts';

/** A release that a node has in use, by the links that its units call. */
export interface RunningRelease {
  readonly node: NodeName;
  readonly component: ComponentName;
  readonly version: Version;
}

/** Everything that an upgrade is judged by. */
export interface UpgradeInput {
  /** Of the next hop: the inventory's cluster with `kubernetesVersion` set to it. */
  readonly desired: Desired;
  readonly observations: ReadonlyMap<NodeName, Observations>;
  readonly running: readonly RunningRelease[];
  /** Units that a run which was cut off has started anew, and whose health it has not seen. */
  readonly unfinished: ReadonlyMap<NodeName, ReadonlySet<string>>;
  /** The oldest API server. */
  readonly from: Version;
  readonly to: Version;
  /** In the order in which they are gone through; ends with `to`. */
  readonly hops: readonly Version[];
  /** When the newest backup was taken that the operator's machine keeps; absent: it has none. */
  readonly ownBackup?: string;
  readonly now: Date;
}
