import type { Absences } from '../cluster/absence.ts';
import type { ComponentName, NodeName } from '../cluster/cluster.ts';
import type { Resource } from './resource.ts';

/** An endpoint that says whether a component works, asked on the node itself. */
export interface Health {
  readonly component: string;
  /** `http://127.0.0.1:2381/readyz`; https is verified against `caFile`. */
  readonly url: string;
  readonly caFile?: string;
}

export interface Port {
  readonly component: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
  /** Who connects: other nodes, or only this host. */
  readonly reach: 'nodes' | 'host';
}

/** How a node becomes a member of an etcd that exists. */
export interface EtcdJoin {
  /** `promote`: it runs as a learner already. */
  readonly stage: 'add' | 'start' | 'promote';
  /** Everybody who is a member when it starts, itself included: name -> peer URL. */
  readonly members: ReadonlyMap<string, string>;
  /** Client URLs of members that answer. */
  readonly endpoints: readonly string[];
}

/** Why nothing may be done, whoever asks. */
export interface Refusal {
  readonly node?: NodeName;
  readonly message: string;
  readonly remedy: string;
}

/** What the planner knows beyond the inventory, the same for all nodes. */
export interface Placement {
  /** Releases in use, from the inventory or the catalogue. */
  readonly versions: Readonly<Record<ComponentName, string>>;
  /** A node's share of each pod range. */
  readonly podCIDRs: ReadonlyMap<NodeName, readonly string[]>;
  /** Whether etcd was founded; decides `initial-cluster-state`. */
  readonly etcdExists: boolean;
  /** Of an etcd that others run, as it tells it, else as it was recorded. */
  readonly etcdClusterId?: string;
  /** Nodes that become members of the etcd that exists, in the order in which they join. */
  readonly etcdJoins: ReadonlyMap<NodeName, EtcdJoin>;
  /** What the hosts hold that no plan may go on from. */
  readonly refusals: readonly Refusal[];
  /** Nodes that are declared down, and those that came back and are not up to date yet. */
  readonly absences: Absences;
}

/** One component on one node: what is put there to install it, and what is put there to run it. */
export interface Description {
  readonly component: string;
  /** Accounts, directories, binaries, links: harmless while an older release runs. */
  readonly install: readonly Resource[];
  /** Files, certificates and units. */
  readonly run: readonly Resource[];
  /** Name of its unit, when it has one. */
  readonly unit?: string;
  readonly health: readonly Health[];
  readonly ports: readonly Port[];
}
