import type { NodeName } from './cluster.ts';

/** A component as it is on some nodes, and what it becomes there. */
export interface ReleaseChange {
  readonly component: string;
  /** Sorted; empty for what runs in the cluster. */
  readonly nodes: readonly NodeName[];
  /** `none` where it is not known. */
  readonly currentVersion: string;
  /** After the last hop. */
  readonly newVersion: string;
  /** Why it becomes that. */
  readonly reason: string;
}

/** A part of the way, in the order in which it is gone. */
export interface UpgradeStage {
  readonly what: string;
  /** What is away meanwhile, and for how long at a stretch. */
  readonly away: string;
  readonly seconds: number;
}

/** What an upgrade would be, without the steps. Names of fields are kubeadm's where it has them. */
export interface UpgradeReport {
  readonly clusterVersion: string;
  readonly newK8sVersion: string;
  /** Releases in the order in which they are gone through; the last one is `newK8sVersion`. */
  readonly hops: readonly string[];
  /** What could be reached from here. */
  readonly availableUpgrades: readonly { readonly description: string; readonly newK8sVersion: string; readonly hops: readonly string[] }[];
  readonly components: readonly ReleaseChange[];
  /** Of the next hop. */
  readonly stages: readonly UpgradeStage[];
}
